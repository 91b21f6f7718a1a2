"""`prompteval run` with scorers that hang, keep the interpreter's lock, or are the workspace's own."""

import json
import time
from typing import Any

import pytest

from tests.e2e.conftest import SUITE

HANGS = """
import re, time
def spins(case, o):
    while True:
        try:
            time.sleep(0.01)
        except Exception:
            pass
def bomb(case, o): return re.search("(a+)+$", o.text) is not None
def broken(case, o): raise ValueError("broken scorer")
"""


def free_text(workspace: Any, scorer: str) -> None:
    """One case, whose output is 50 kB of one letter, scored by `scorer` alone."""
    prompt = (workspace.root / "prompts/route/v1.py").read_text()
    free = prompt.replace('team: Literal["payments", "support"]', "team: str").replace(
        'labels(payments="Money.", support="Errors.")', '""'
    )
    workspace.write("prompts/route/v1.py", free)
    workspace.script({"when": "", "output": {"team": "a" * 50_000 + "b"}})
    workspace.cases(("a", "pay", "payments"))
    workspace.write("evals/mine.py", HANGS)
    suite = SUITE.replace("{exact: {field: team}}", scorer).replace(
        "[accuracy, per_class, confusion]", "[mean]"
    )
    suite = suite.replace("references: [majority]\n", "").replace("accuracy >= 0.7", "mean >= 0.001")
    workspace.write("evals/s.yaml", suite)


@pytest.mark.parametrize(
    ("scorer", "reason"),
    [
        ('{regex: {pattern: "(a+)+$"}}', "did not end within 1 s"),
        ('{exact: {field: team, extract: "((?:a|aa)+)$"}}', "did not end within 1 s"),
        (
            '{python: {function: "evals.mine:spins", timeout_s: 0.2}}',
            "the scorer spins did not end within 0.2 s",
        ),
        ('{python: "evals.mine:broken"}', "ValueError: broken scorer"),
    ],
)
def test_b10_a_scorer_that_hangs_does_not_pass(workspace: Any, scorer: str, reason: str) -> None:
    """On 50 kB of output: the run ends soon, the score has failed with its reason, the run is incomplete."""
    free_text(workspace, scorer)
    started = time.perf_counter()
    body = workspace.run_json("-o", "r.jsonl", code=3)
    assert time.perf_counter() - started < 15
    assert (body["verdict"], body["results"][0]["metrics"]["mean"]["missing"]) == ("incomplete", 1)
    score = next(iter(json.loads((workspace.root / "r.jsonl").read_text())["scores"].values()))
    assert (score["status"], score["value"]) == ("failed", None) and reason in score["reason"]


@pytest.mark.slow
def test_b10_a_scorer_that_keeps_pythons_lock_ends_the_run(workspace: Any) -> None:
    """A regular expression for ever lets no deadline ring: the process ends soon, and says whose fault it is."""
    free_text(workspace, '{python: {function: "evals.mine:bomb", timeout_s: 0.2}}')
    started = time.perf_counter()
    done = workspace.run("run", code=3)
    assert time.perf_counter() - started < 30
    told = (
        "error: the scorer bomb (case a) has held the interpreter lock for 5.2 s, so no deadline can end it"
    )
    assert told in done.stderr
    assert "unfinished" in workspace.run("runs", code=0).stdout


CALLED = """
import pathlib
def seen(case, observation):
    with open(pathlib.Path(__file__).with_suffix(".txt"), "a") as file:
        file.write(f"{case.id}\\n")
    return {"value": 0.5, "passed": case.id != "c4", "reason": "half"}
async def later(case, observation): return observation.outcome == "ok"
"""


@pytest.mark.parametrize(("version", "calls"), [("", 8), (', version: "1"', 4)])
def test_own_scorers_of_any_form_are_cached_by_their_version(
    workspace: Any, version: str, calls: int
) -> None:
    """A mapping and a coroutine are scores; without a version the function is called in every run."""
    workspace.write("evals/mine.py", CALLED)
    more = f'{{python: {{function: "evals.mine:seen"{version}}}}}, {{python: "evals.mine:later"}}'
    workspace.write(
        "evals/s.yaml",
        SUITE.replace("scorers: [", f"scorers: [{more}, ")
        .replace("  - accuracy >= 0.7", "  - accuracy(scorer=later) >= 0.7")
        .replace("accuracy,", "accuracy(scorer=later),")
        .replace("per_class, confusion", "mean(scorer=seen)"),
    )
    first = workspace.run_json("-o", "a.jsonl")
    second = workspace.run_json("-o", "b.jsonl")
    assert len((workspace.root / "evals/mine.txt").read_text().split()) == calls
    assert first["results"][0]["metrics"] == second["results"][0]["metrics"]
    rows = [
        [json.loads(line)["scores"] for line in (workspace.root / name).read_text().splitlines()]
        for name in ("a.jsonl", "b.jsonl")
    ]
    assert rows[0] == rows[1]
    assert {score["seen"]["reason"] for score in rows[1]} == {"half"}
    assert first["results"][0]["cases"]["failed"] == 1
