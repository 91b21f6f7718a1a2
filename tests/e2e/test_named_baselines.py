"""`baseline set --name`: a run by a name in the store, which all who share the store can compare with."""

import json
import re
from typing import Any


def last(workspace: Any) -> str:
    return str(json.loads(workspace.run("runs", "--json", code=0).stdout)[0]["run_id"])


def test_a_named_run_is_a_side_of_a_comparison_and_a_run(workspace: Any) -> None:
    """By `baseline:NAME`, wherever a run is named; the name moves, and goes with its run."""
    workspace.run_json()
    first = last(workspace)
    assert (
        workspace.run("baseline", "set", "--name", "release-1", code=0).stdout
        == f"baseline:release-1 is run {first}\n"
    )
    assert not (workspace.root / "evals/baselines").exists()
    workspace.run_json()
    second = last(workspace)
    compared = workspace.run("compare", "baseline:release-1", "last", code=0).stdout
    assert "A: baseline:release-1" in compared and "cases paired" in compared
    assert first in workspace.run("show", "baseline:release-1", code=0).stdout
    assert f"baseline:release-1  run {first}" in workspace.run("baseline", "show", code=0).stdout
    workspace.run("baseline", "set", second, "--name", "release-1", code=0)
    assert f"run {second}" in workspace.run("baseline", "show", code=0).stdout
    assert "release-1" in workspace.run("runs", "rm", second, code=2).stderr
    workspace.run("runs", "rm", "baseline:release-1", code=0)
    said = workspace.run("show", "baseline:release-1", code=2).stderr
    assert re.search(r"no run is called 'release-1' \(.*baseline set --name", said)


def test_a_named_run_is_removed_only_by_its_names(workspace: Any) -> None:
    """By another of its ways to be named it is refused, also at --dry-run; `runs` shows the names."""
    workspace.run_json()
    run_id = last(workspace)
    for name in ("rel-1", "rel-2"):
        workspace.run("baseline", "set", "--name", name, code=0)
    assert "baseline:rel-2" in workspace.run("runs", code=0).stdout
    names = json.loads(workspace.run("runs", "--json", code=0).stdout)[0]["names"]
    assert names == ["baseline:rel-1", "baseline:rel-2"]
    for given in (["last"], [run_id, "--dry-run"], ["baseline:rel-1"]):
        said = workspace.run("runs", "rm", *given, code=2).stderr
        assert f"run {run_id} is " in said and f"`prompteval runs rm {' '.join(names)}`" in said
    assert last(workspace) == run_id
    assert f"{run_id} removed" in workspace.run("runs", "rm", *names, code=0).stdout


def test_a_name_that_moves_says_from_which_run(workspace: Any) -> None:
    """Nothing where it stays; `last` and what looks like a run id is no name."""
    workspace.run_json()
    first = last(workspace)
    for _ in range(2):
        said = workspace.run("baseline", "set", "--name", "keep", code=0).stdout
        assert said == f"baseline:keep is run {first}\n"
    workspace.run_json()
    said = workspace.run("baseline", "set", "--name", "keep", code=0).stdout
    assert said == f"baseline:keep is run {last(workspace)}, and was run {first}\n"
    for name in ("last", "baseline", first, first[:10]):
        refused = workspace.run("baseline", "set", "--name", name, code=2).stderr
        assert "is how other runs are named" in refused


def test_what_is_no_name_and_what_is_no_baseline_is_refused(workspace: Any) -> None:
    """A name with other characters, a part of a run, and suites beside a name."""
    workspace.run_json("--limit", "1")
    for name in ("", "Release", "a b", "x" * 101, "../x", "baseline:x"):
        assert "is not a name" in workspace.run("baseline", "set", "--name", name, code=2).stderr
    assert "only some of the cases" in workspace.run("baseline", "set", "--name", "part", code=2).stderr
    workspace.run("baseline", "set", "--name", "x", "--suite", "s", code=2)
    workspace.run_json()
    workspace.run("baseline", "set", "--name", "release", code=0)
    assert "did you mean 'release'" in workspace.run("compare", "baseline:relaese", code=2).stderr
