"""Aliases of published versions: set, moved back, asked for everywhere, and what a hand-edited lock gets."""

import json
import threading
from pathlib import Path

import pytest

import prompteval
from prompteval.engine.aliases import set_alias
from prompteval.workspace.settings import find_workspace
from tests.e2e.conftest import PROMPT, SUITE, Workspace
from tests.e2e.test_compare_git import git

LOCK = "prompts/prompts.lock"


@pytest.fixture
def two(workspace: Workspace) -> Workspace:
    """Two published versions of `route`, the second better on nothing."""
    workspace.write("prompts/route/v2.py", PROMPT.replace("Route.", "Route well."))
    workspace.run("lock", code=0)
    return workspace


def put(workspace: Workspace, name: str, version: str) -> str:
    return workspace.run("lock", "alias", "set", name, version, code=0).stdout


def test_set_moves_an_alias_and_writes_each_move_down(two: Workspace) -> None:
    """The same version again is no move; `show` and `history` print what there is."""
    assert "no alias yet" in two.run("lock", "alias", "show", code=0).stderr
    assert put(two, "production", "route@v1") == "route@production  – → v1\n"
    assert put(two, "production", "route") == "route@production  v1 → v2\n"
    assert put(two, "production", "route@v2") == ""
    (shown,) = json.loads(two.run("lock", "alias", "show", "--json", code=0).stdout)
    moves = json.loads(two.run("lock", "alias", "history", "production", "--json", code=0).stdout)
    assert [(move["from"], move["to"]) for move in moves] == [(None, "v1"), ("v1", "v2")]
    assert shown == {"alias": "route@production", "version": "v2", "since": moves[-1]["at"]}
    assert "alias   route@production  v2" in two.run("list", code=0).stdout


def test_a_rollback_is_a_move_and_a_second_one_undoes_it(two: Workspace) -> None:
    """From v2 to v1 and to v2 again; all four moves are in the history. An alias that never moved stays."""
    put(two, "production", "route@v1")
    assert "was never another version" in two.run("lock", "alias", "rollback", "production", code=2).stderr
    put(two, "production", "route@v2")
    assert two.run("lock", "alias", "rollback", "production", code=0).stdout.endswith("v2 → v1\n")
    assert two.run("lock", "alias", "rollback", "route@production", code=0).stdout.endswith("v1 → v2\n")
    lines = two.run("lock", "alias", "history", "production", code=0).stdout.splitlines()
    assert [line.rsplit("  ", 1)[1] for line in lines] == ["– → v1", "v1 → v2", "v2 → v1", "v1 → v2"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("set", "v3", "route@v1"), "'v3' is reserved"),
        (("set", "last", "route@v1"), "'last' is reserved"),
        (("set", "Production", "route@v1"), "'Production' is not a name of an alias"),
        (("set", "production", "rout@v1"), "no prompt named 'rout'"),
        (("set", "production", "route@v9"), "prompt 'route' has no version v9"),
        (("set", "production", "route@v3"), "route@v3 is not published (publish it: `prompteval lock route@v3`)"),
        (("set", "production", "route@git:main"), "'route@git:main' is at another commit"),
        (("set", "production", "route@canary"), "prompt 'route' has no alias 'canary'"),
        (("rollback", "production"), "no alias 'production'"),
        (("history", "production"), "no alias 'production'"),
        (("show", "rout"), "no prompt named 'rout'"),
    ],
)  # fmt: skip
def test_what_cannot_be_an_alias_is_refused_and_nothing_is_written(
    two: Workspace, arguments: tuple[str, ...], told: str
) -> None:
    """Exit 2 with the reason; the lock keeps every byte."""
    two.write("prompts/route/v3.py", PROMPT)
    before = (two.root / LOCK).read_bytes()
    assert told in two.run("lock", "alias", *arguments, code=2).stderr
    assert (two.root / LOCK).read_bytes() == before


def test_a_version_that_changed_cannot_be_pointed_at_nor_served(two: Workspace) -> None:
    """`set`, `run` and `check` say so; so does `--withdraw` of a version in use."""
    put(two, "production", "route@v1")
    assert "route@production is route@v1" in two.run("lock", "--withdraw", "route@v1", code=2).stderr
    two.write("prompts/route/v1.py", PROMPT.replace("Route.", "Changed."))
    assert (
        "PE250 route@v1 is published" in two.run("lock", "alias", "set", "staging", "route@v1", code=2).stderr
    )
    told = "PE253 route@production is route@v1, which changed since it was published"
    assert told in two.run("run", "--prompt", "route@production", code=2).stderr
    found = two.run("check", code=2).stdout
    assert told in found and "PE250" in found


def test_without_an_alias_the_lock_is_written_as_before(two: Workspace) -> None:
    """The first form, byte for byte, and setting an alias adds to it only."""
    before = (two.root / LOCK).read_text()
    assert json.loads(before)["schema"] == "prompteval/lock@1" and "aliases" not in before
    put(two, "production", "route@v1")
    after = json.loads((two.root / LOCK).read_text())
    assert after["schema"] == "prompteval/lock@2" and after["prompts"] == json.loads(before)["prompts"]
    two.write("prompts/route/v3.py", PROMPT.replace("Route.", "Third."))
    two.run("lock", code=0)
    assert json.loads((two.root / LOCK).read_text())["aliases"] == after["aliases"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"version": "v1"', '"version": "v7"', "PE253 route@production is route@v7, which is not published"),
        ('"version": "v1"', '"version": "v2"', "PE255 route@production is v2, and its history ends at v1"),
        ('"version": "v1"', '"version": 1', "PE252 the lock cannot be read: 1 is not a version"),
        ('"version": "v1"', '"version": "v1", "by": "x"', "must have the keys version and history"),
        ("route@production", "route@baseline", "PE254 route@baseline: 'baseline' is reserved"),
        ("route@production", "route@v5", "PE254 route@v5: 'v5' is reserved"),
        ("route@production", "route", "PE252 the lock cannot be read: 'route' is not an alias"),
        ('"from": null', '"from": "v2"', "PE255 route@production: its history has a move from another"),
        ('"from": null', '"from": "v0"', "PE252 the lock cannot be read: 'v0' is not a version"),
        ('"at": "2', '"at": "x2', "is not a time as 2026-01-31T12:00:00Z"),
        ("lock@2", "lock@1", "prompteval/lock@1 has no key 'aliases'"),
    ],
)  # fmt: skip
def test_s_hand_edited_aliases_are_problems_of_their_lines(
    two: Workspace, old: str, new: str, told: str
) -> None:
    """`check` fails at file and line, and a run by the alias does not begin."""
    put(two, "production", "route@v1")
    text = (two.root / LOCK).read_text()
    assert old in text
    two.write(LOCK, text.replace(old, new))
    found = [line for line in two.run("check", code=2).stdout.splitlines() if told in line]
    assert len(found) == 1 and found[0].startswith(f"{LOCK}:")
    two.run("run", "--prompt", "route@production", code=2)


def test_an_alias_without_its_history_is_a_problem(two: Workspace) -> None:
    """An empty list explains nothing."""
    put(two, "production", "route@v1")
    body = json.loads((two.root / LOCK).read_text())
    body["aliases"]["route@production"]["history"] = []
    two.write(LOCK, json.dumps(body))
    assert "PE255 route@production has no history" in two.run("check", code=2).stdout


def test_results_name_the_version_and_the_alias(two: Workspace) -> None:
    """By `--prompt` and by the suite's own line; a run by the version has no alias, and the same fingerprint."""
    put(two, "production", "route@v1")
    (plain,) = two.run_json("--prompt", "route@v1")["results"]
    (asked,) = two.run_json("--prompt", "route@production")["results"]
    assert (asked["prompt"], asked["alias"]) == ("route@v1", "production")
    assert "alias" not in plain and plain["fingerprint"] == asked["fingerprint"]
    two.write("evals/s.yaml", SUITE.replace("prompt: route", "prompt: route@production"))
    assert "route@v1 (production)" in two.run("run", code=0).stdout
    assert "route@v1 (production)" in two.run("show", "last", code=0).stdout


def test_a_comparison_and_a_gate_take_an_alias(two: Workspace) -> None:
    """`compare route@production route@v2`; `beats: {reference: route@production}` names both."""
    put(two, "production", "route@v1")
    done = two.run("compare", "route@production", "route@v2", "--json")
    (result,) = json.loads(done.stdout)["results"]
    assert (result["a"]["prompt"], result["b"]["prompt"]) == ("route@v1", "route@v2")
    two.write("evals/s.yaml", SUITE + "  - beats: {reference: route@production}\n")
    first, rival = two.run_json(code=1)["results"]
    assert (first["prompt"], rival["prompt"]) == ("route@v2", "route@v1")
    assert "against route@production (route@v1)" in first["gates"][-1]["detail"]
    two.write("evals/s.yaml", SUITE + "  - beats: {reference: route@canary}\n")
    assert "evals/s.yaml:10:5 PE227 prompt 'route' has no alias 'canary'" in two.run("check", code=2).stdout


def test_at_a_commit_an_alias_is_that_of_its_lock(two: Workspace) -> None:
    """Production was v1 there and is v2 here."""
    two.write("evals/s.yaml", SUITE.replace("prompt: route", "prompt: route@production"))
    put(two, "production", "route@v1")
    git(two.root, "init", "-q", "-b", "main")
    git(two.root, "add", "-A")
    git(two.root, "commit", "-q", "-m", "first")
    put(two, "production", "route@v2")
    (result,) = json.loads(two.run("compare", "git:main", "--json").stdout)["results"]
    assert (result["a"]["prompt"], result["b"]["prompt"]) == ("route@v1", "route@v2")


def test_a_loaded_prompt_keeps_its_version_when_the_alias_moves(two: Workspace) -> None:
    """The next load gets the new one; both know the alias."""
    put(two, "production", "route@v1")
    old = prompteval.load("route@production", model="scripted/model.jsonl", workspace=two.root)
    put(two, "production", "route@v2")
    new = prompteval.load("route@production", model="scripted/model.jsonl", workspace=two.root)
    assert [(one.reference, one.alias) for one in (old, new)] == [
        ("route@v1", "production"),
        ("route@v2", "production"),
    ]
    assert "Route well." in new.render(message="x")[0].content
    assert "Route well." not in old.render(message="x")[0].content


def test_aliases_that_are_set_at_once_are_all_there(two: Workspace) -> None:
    """Twelve writers, one lock: none takes another's alias away."""
    place = find_workspace(two.root)
    names = [f"a{number}" for number in range(12)]
    threads = [threading.Thread(target=set_alias, args=(place, name, "route@v1")) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(json.loads((two.root / LOCK).read_text())["aliases"]) == sorted(f"route@{n}" for n in names)


def test_s_a_lock_behind_a_link_out_of_the_workspace_is_not_written(two: Workspace, tmp_path: Path) -> None:
    """Exit 2, and what the link leads to keeps its bytes."""
    outside = tmp_path.parent / f"{tmp_path.name}-outside.lock"
    outside.write_bytes((two.root / LOCK).read_bytes())
    before = outside.read_bytes()
    (two.root / LOCK).unlink()
    (two.root / LOCK).symlink_to(outside)
    two.run("lock", "alias", "set", "production", "route@v1", code=2)
    assert outside.read_bytes() == before


def test_an_alias_of_several_prompts_is_named_in_full(two: Workspace) -> None:
    """Each prompt has a production of its own; completion offers both forms."""
    two.write("prompts/other/v1.py", PROMPT)
    two.run("lock", code=0)
    put(two, "production", "route@v1")
    put(two, "production", "other@v1")
    assert (
        "2 prompts have the alias 'production'"
        in two.run("lock", "alias", "history", "production", code=2).stderr
    )
    assert "other@production" in two.run("lock", "alias", "history", "other@production", code=0).stdout
