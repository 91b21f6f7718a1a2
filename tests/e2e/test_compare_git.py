"""`compare git:REF` in real repositories: what changed is run, the rest is named."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from prompteval.testing.server import FakeServer, Reply
from tests.e2e.conftest import PROMPT, Workspace

WORDS = ["refund", "invoice", "crash", "login", "price", "timeout"]
MODEL = [
    {"when": "Route well.*crash|Route well.*login|Route well.*timeout", "output": {"team": "support"}},
    {"when": "Route well", "output": {"team": "payments"}},
    {"when": "crash|login", "output": {"team": "support"}},
    {"when": "", "output": {"team": "payments"}},
]
SUITE = """prompt: {prompt}
cases: ../datasets/c.jsonl
models: [scripted/model.jsonl]
scorers: [{{exact: {{field: team}}}}]
metrics: [accuracy]
gate: [accuracy >= 0.1]
"""


def git(root: Path, *arguments: str) -> str:
    """git in a directory, with an identity and no settings of this machine."""
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout


def _prompt(text: str) -> str:
    return PROMPT.replace('system("Route."), user("{{ message }}")', f'user("{text} {{{{ message }}}}")')


@pytest.fixture
def repository(tmp_path: Path) -> Workspace:
    """Suites `s` and `other` committed on main; on a branch v2 of route is added."""
    made = Workspace(tmp_path / "repo" / "team")
    made.write("prompteval.toml", "")
    made.write("prompts/route/v1.py", _prompt("Route."))
    made.write("prompts/other/v1.py", _prompt("Other."))
    made.write("evals/s.yaml", SUITE.format(prompt="route"))
    made.write("evals/other.yaml", SUITE.format(prompt="other"))
    made.script(*MODEL)
    teams = ["payments", "payments", "support", "support", "payments", "support"]
    made.cases(*((f"c{i:03d}", f"{WORDS[i % 6]} {i}", teams[i % 6]) for i in range(120)))
    git(made.root.parent, "init", "-q", "-b", "main")
    _commit(made, "first")
    git(made.root.parent, "switch", "-q", "-c", "branch")
    made.write("prompts/route/v2.py", _prompt("Route well."))
    _commit(made, "v2")
    return made


def _commit(made: Workspace, message: str) -> None:
    git(made.root.parent, "add", "-A")
    git(made.root.parent, "commit", "-q", "-m", message)


def _compare(made: Workspace, *arguments: str, code: int = 0) -> dict[str, Any]:
    return json.loads(made.run("compare", *arguments, "--json", "-q", code=code).stdout)


def _runs(made: Workspace) -> list[dict[str, Any]]:
    return json.loads(made.run("runs", "--json", code=0).stdout)


def test_a_branch_is_compared_with_main(repository: Workspace) -> None:
    """v2 against v1 of main; the suite that did not change is named and not run."""
    view = _compare(repository, "git:main")
    (result,) = view["results"]
    assert (result["a"]["prompt"], result["b"]["prompt"]) == ("route@v1", "route@v2")
    assert (result["suite"], view["unchanged"], view["verdict"]) == ("s", ["other"], "improved")
    accuracy = result["metrics"]["accuracy"]
    assert (accuracy["a"], accuracy["b"]) == (pytest.approx(5 / 6), 1.0)
    assert len(result["flips"]["fixed"]) == 20
    assert [run["entries"] for run in _runs(repository)] == [
        [["s", "route@v2", "scripted/model.jsonl"]],
        [["s", "route@v1", "scripted/model.jsonl"]],
    ]


def test_only_what_changed_is_called(repository: Workspace) -> None:
    """After a run of the branch the cache serves B, and of A only the prompt that main has otherwise."""
    reply = Reply("", output={"team": "support"})
    with FakeServer([reply]) as server:
        repository.write(
            "prompteval.toml",
            f'[models.m]\nprovider = "openai"\nmodel = "fake"\nbase_url = "{server.url}"\n'
            'api_key_env = "FAKE_KEY"\n',
        )
        for name in ("route", "other"):
            suite = SUITE.format(prompt=name).replace("scripted/model.jsonl", "m")
            repository.write(f"evals/{'s' if name == 'route' else name}.yaml", suite)
        _commit(repository, "a real server")
        repository.run("run", code=0, FAKE_KEY="sk-0123456789")
        assert server.stats["requests"] == 240
        git(repository.root, "branch", "-f", "main", "branch")
        repository.write("prompts/route/v3.py", _prompt("Route better."))
        done = repository.run("compare", "git:main", "--json", FAKE_KEY="sk-0123456789")
        assert server.stats["requests"] == 360
    latency = json.loads(done.stdout)["results"][0]["spent"]["latency_ms.p50"]
    assert latency["a"] is None and latency["b"] > 0  # the cache answers in no time


def test_a_dirty_tree_counts_as_it_is(repository: Workspace) -> None:
    """An edit that is not committed is B; against HEAD only it is compared."""
    assert _compare(repository, "git:HEAD")["unchanged"] == ["other", "s"]
    repository.write("prompts/route/v2.py", _prompt("Route badly."))
    view = _compare(repository, "git:HEAD", code=1)
    (result,) = view["results"]
    assert (result["a"]["prompt"], result["b"]["prompt"]) == ("route@v2", "route@v2")
    assert (result["verdict"], view["unchanged"]) == ("regressed", ["other"])


def test_cases_are_those_of_the_working_tree(repository: Workspace) -> None:
    """Cases added on the branch are run on both sides."""
    lines = (repository.root / "datasets/c.jsonl").read_text()
    repository.write("datasets/c.jsonl", lines + lines.replace('"c', '"d'))
    (result,) = _compare(repository, "git:main", "--suite", "s")["results"]
    assert (result["paired"], result["only_a"], result["only_b"]) == (240, [], [])


def test_a_renamed_prompt_pairs_with_what_it_was(repository: Workspace) -> None:
    """The suite has one prompt before and one after."""
    git(repository.root, "mv", "prompts/route", "prompts/router")
    repository.write("evals/s.yaml", SUITE.format(prompt="router"))
    (result,) = _compare(repository, "git:main")["results"]
    assert (result["a"]["prompt"], result["b"]["prompt"]) == ("route@v1", "router@v2")


def test_a_prompt_on_one_side_only_is_listed(repository: Workspace) -> None:
    """A new prompt with its suite, and a suite that is gone: neither is compared, both are said."""
    repository.write("prompts/fresh/v1.py", _prompt("Fresh."))
    repository.write("evals/fresh.yaml", SUITE.format(prompt="fresh"))
    (repository.root / "evals/other.yaml").unlink()
    view = _compare(repository, "git:main", code=3)
    assert view["alone"] == {"a": ["other"], "b": ["fresh"]}
    assert [result["suite"] for result in view["results"]] == ["s"]
    only = _compare(repository, "git:main", "--suite", "fresh")
    assert (only["results"], only["verdict"], only["exit_code"]) == ([], "inconclusive", 0)


def test_it_works_from_a_sub_folder(repository: Workspace) -> None:
    """The workspace is found upward, and itself lies below the repository's top."""
    below = Workspace(repository.root / "datasets")
    assert [r["suite"] for r in _compare(below, "git:main")["results"]] == ["s"]


def test_a_shallow_clone_says_what_to_fetch(repository: Workspace, tmp_path: Path) -> None:
    """HEAD is there; main is not, and the message says how to get it. Once fetched it compares."""
    url = f"file://{repository.root.parent}"
    git(tmp_path, "clone", "-q", "--depth=1", "--branch", "branch", url, "clone")
    clone = Workspace(tmp_path / "clone" / "team")
    assert _compare(clone, "git:HEAD")["results"] == []
    error = clone.run("compare", "git:main", code=2).stderr
    assert "no commit 'main' in this repository; the clone is shallow" in error
    git(clone.root, "fetch", "-q", "--depth=1", "origin", "main")
    (result,) = _compare(clone, "git:FETCH_HEAD")["results"]
    assert result["verdict"] == "improved"


def test_a_missing_ref_and_no_repository_are_exit_2(repository: Workspace, workspace: Workspace) -> None:
    """One line each, that names what is missing."""
    assert "no commit 'nowhere'" in repository.run("compare", "git:nowhere", code=2).stderr
    assert "is not in a git repository" in workspace.run("compare", "git:main", code=2).stderr


def test_a_version_is_compared_with_the_current_one(repository: Workspace) -> None:
    """`name@v1` against the working tree, against `name@v2`, and `name@git:REF`."""
    for arguments in (["route@v1"], ["route@v1", "route@v2"], ["route@git:main", "route@v2"]):
        (result,) = _compare(repository, *arguments)["results"]
        assert (result["a"]["prompt"], result["b"]["prompt"]) == ("route@v1", "route@v2"), arguments
        assert result["verdict"] == "improved"


def test_two_commits_are_compared_without_the_working_tree(repository: Workspace) -> None:
    """What is edited since is neither side."""
    repository.write("prompts/route/v2.py", _prompt("Route badly."))
    (result,) = _compare(repository, "git:main", "git:branch")["results"]
    assert (result["verdict"], result["b"]["prompt"]) == ("improved", "route@v2")


def test_a_version_that_must_be_beaten_runs_beside_the_current_one(repository: Workspace) -> None:
    """`beats: {reference: route@v1}` runs v1 too, and gates the current version only."""
    suite = SUITE.format(prompt="route") + "  - beats: {reference: route@v1}\n"
    repository.write("evals/s.yaml", suite.replace("gate: [accuracy >= 0.1]", "gate:\n  - accuracy >= 0.1"))
    results = repository.run_json("s")["results"]
    assert [r["prompt"] for r in results] == ["route@v2", "route@v1"]
    assert [len(r["gates"]) for r in results] == [2, 0]
    assert "against route@v1, accuracy rose by 16.7 points" in results[0]["gates"][1]["detail"]


def test_ctrl_c_ends_the_whole_comparison(repository: Workspace) -> None:
    """Exit 130 from the first side on: the other side does not begin, and no run is to be resumed."""
    repository.script(*({**rule, "delay_ms": 1000} for rule in MODEL))
    command = [sys.executable, "-m", "prompteval", "compare", "git:main", "--suite", "s", "-j", "1"]
    with subprocess.Popen(command, cwd=repository.root, stderr=subprocess.PIPE, text=True) as process:
        store = repository.root / ".prompteval" / "results.sqlite"
        while not store.exists() or not json.loads(repository.run("runs", "--json").stdout or "[]"):
            time.sleep(0.1)
        time.sleep(1.0)  # the run has begun; its loop takes the signal a moment later
        process.send_signal(signal.SIGINT)
        error = process.communicate(timeout=60)[1]
    assert process.returncode == 130 and "exit 130" in error
    assert "the same command continues from the cache" in error and "--resume-run" not in error
    assert len(json.loads(repository.run("runs", "--json").stdout)) == 1
    assert "no unfinished run" in repository.run("run", "--resume", code=2).stderr


def test_what_is_broken_at_the_commit_only_names_the_commit(repository: Workspace) -> None:
    """The path is git's own form, so that nobody looks at today's file; a prompt that exits is no pass."""
    whole = (repository.root / "prompts/route/v2.py").read_text()
    for path, text, told in (
        ("prompts/route/v2.py", "prompt = (", "git:HEAD~1:prompts/route/v2.py:1:"),
        (
            "prompts/route/v2.py",
            "raise SystemExit(0)",
            "git:HEAD~1:prompts/route/v2.py:1:1 PE306 SystemExit: 0",
        ),
        ("evals/s.yaml", "prompt: [", "git:HEAD~1:evals/s.yaml:"),
    ):
        good = (repository.root / path).read_text()
        repository.write(path, text)
        _commit(repository, "broken")
        repository.write(path, good)
        _commit(repository, "mended")
        assert told in repository.run("compare", "git:HEAD~1", code=2).stderr
    assert (repository.root / "prompts/route/v2.py").read_text() == whole


def test_the_commit_that_is_compared_with_is_not_the_last_run(repository: Workspace) -> None:
    """`run --against` runs the commit after the run; `last` is the run."""
    repository.run("run", "s", "-q", "--against", "git:main", "-o", "r.json", code=0)
    run = json.loads((repository.root / "r.json").read_text())["run_id"]
    assert len(json.loads(repository.run("runs", "--json").stdout)) == 2
    assert json.loads(repository.run("gate", "last", "--json", code=0).stdout)["run_id"] == run


def test_a_missing_least_effect_is_told_before_anything_runs(repository: Workspace) -> None:
    """mcc runs from -1 to 1: exit 2, and neither side was called."""
    suite = (repository.root / "evals/s.yaml").read_text().replace("metrics: [accuracy]", "metrics: [mcc]")
    repository.write("evals/s.yaml", suite.replace("gate: [accuracy >= 0.1]", "primary: [mcc]"))
    assert "give --min-effect" in repository.run("compare", "git:main", code=2).stderr
    assert json.loads(repository.run("runs", "--json").stdout or "[]") == []


def test_run_against_a_commit_runs_the_same_there(repository: Workspace) -> None:
    """The cases and the model that were asked of the run: like is compared with like, and none is missing."""
    repository.script(*MODEL)
    repository.write("other.jsonl", (repository.root / "model.jsonl").read_text())
    asked = ["--model", "scripted/other.jsonl", "--sample", "60"]
    repository.run("run", "s", *asked, "--against", "git:main", code=0)
    first, second = json.loads(repository.run("runs", "--json").stdout)
    view = _compare(repository, first["run_id"], second["run_id"])["results"][0]
    assert view["paired"] == 60 and view["a"]["model"] == view["b"]["model"] == "scripted/other.jsonl"


def test_a_replayed_run_is_compared_with_a_replayed_commit(repository: Workspace) -> None:
    """No option of the run is lost on the other side: nothing of the commit is called live either."""
    with FakeServer([Reply("", output={"team": "support"})]) as server:
        profile = f'[models.m]\nmodel = "fake"\nbase_url = "{server.url}"\napi_key_env = "K"\n'
        repository.write("prompteval.toml", profile)
        asked = ["run", "s", "--model", "m", "--no-cache", "--limit", "5"]
        refused = repository.run(*asked, "--record", "r.jsonl", "--against", "git:main", code=2, K="k")
        assert "one file cannot hold both" in refused.stderr and not server.requests
        repository.run(*asked, "--record", "r.jsonl", code=0, K="k")
        called = len(server.requests)
        repository.run(*asked, "--replay", "r.jsonl", "--against", "git:main", K="k")
        assert called == 5 == len(server.requests)


def test_runs_lists_both_sides_of_a_comparison_with_their_scores(repository: Workspace) -> None:
    """Each with the side that it was; a run of one's own is none."""
    repository.run("run", "evals/s.yaml", code=0)
    _compare(repository, "git:main")
    sides = {run["compared"]: run["results"] for run in _runs(repository)}
    assert sides.keys() == {"git:main", "working tree", None}
    assert all(0 < result["metrics"]["accuracy"] <= 1 for results in sides.values() for result in results)
    shown = repository.run("runs", code=0).stdout
    assert "side of a comparison: git:main" in shown and "  accuracy " in shown
