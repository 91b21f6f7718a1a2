"""`run --stop-early`: cases in a seeded order, gates decided under way, what was saved told."""

import json
import sqlite3
from contextlib import closing
from typing import Any

import jsonschema
import pytest

from tests.closed_schema import closed

CASES = 300


def prepare(workspace: Any, gate: str, wrong_every: int, more: str = "", cases: int = CASES) -> None:
    """So many cases, of which the scripted model gets each `wrong_every`-th wrong."""
    text = (workspace.root / "evals/s.yaml").read_text()
    rules = f"gate: {gate}\n" if gate else ""
    workspace.write("evals/s.yaml", text[: text.index("gate:")] + rules + more)
    rows = [(f"c{i:03}", f"pay {i}", "support" if i % wrong_every == 0 else "payments") for i in range(cases)]
    workspace.cases(*rows)


def stored(workspace: Any) -> int:
    with closing(sqlite3.connect(workspace.root / ".prompteval/results.sqlite")) as store, store:
        return int(store.execute("SELECT count(*) FROM rows").fetchone()[0])


@pytest.mark.parametrize(
    ("gate", "wrong_every", "code"),
    [
        ("[accuracy.low >= 0.5]", 20, 0),
        ("[accuracy.low >= 0.9]", 3, 1),
        ("[accuracy >= 0.9]", 3, 1),
        ("[{beats: {reference: random}}]", 20, 0),
        ("[slice(channel).accuracy >= 0.9]", 3, 1),
        ("[slice(channel=a).accuracy.low >= 0.5, accuracy.low >= 0.5]", 20, 0),
    ],
)
@pytest.mark.parametrize("method", ["group-sequential", "always-valid"])
def test_a_clear_gate_ends_early_and_says_so(
    workspace: Any, gate: str, wrong_every: int, code: int, method: str
) -> None:
    """Fewer rows than cases, the word and code of the whole run, the saving in JSON and its schema."""
    prepare(workspace, gate, wrong_every)
    workspace.write(
        "evals/s.yaml", (workspace.root / "evals/s.yaml").read_text().replace("[majority]", "[random]")
    )
    body = workspace.run_json("--stop-early", method, code=code)
    jsonschema.validate(body, closed(json.loads(workspace.run("schema", "run").stdout)))
    result = body["results"][0]
    told = result["stop_early"]
    assert told["method"] == method and told["stopped"] and told["of"] == CASES
    assert told["calls_saved"] == CASES - told["cases"] == result["cases"]["skipped"] > 0
    assert stored(workspace) == told["cases"] == result["metrics"]["accuracy"]["n"]
    assert "larger than the true one" in told["note"] and f"{told['calls_saved']} calls saved" in told["note"]


def test_alone_it_is_group_sequential_and_eats_no_suite(workspace: Any) -> None:
    """`--stop-early s` runs the suite s at five looks; terminal and Markdown tell the saving."""
    prepare(workspace, "[accuracy.low >= 0.5]", 20)
    done = workspace.run("run", "--stop-early", "s", "-o", "out.md", code=0)
    told = "larger than the true one; decided after 60 of 300 cases (group-sequential), 240 calls saved"
    assert told in " ".join(done.stdout.split())
    assert "240 calls saved" in (workspace.root / "out.md").read_text()


def test_order_of_the_file_decides_nothing(workspace: Any) -> None:
    """The same cases in another order: the same prefix, the same numbers, the same sentence."""
    prepare(workspace, "[accuracy.low >= 0.7]", 10)
    first = workspace.run_json("--stop-early")["results"][0]
    path = workspace.root / "datasets/c.jsonl"
    path.write_text("".join(sorted(path.read_text().splitlines(keepends=True), reverse=True)))
    again = workspace.run_json("--stop-early", "-j", "1")["results"][0]
    for name in ("metrics", "gates", "stop_early", "slices", "cases"):
        assert first[name] == again[name]


def test_a_replay_equals_the_run(workspace: Any) -> None:
    """What was recorded is enough, and nothing but times differs."""
    prepare(workspace, "[accuracy.low >= 0.7, accuracy >= 0.6]", 10)
    first = workspace.run_json("--stop-early", "--record", "r.jsonl")["results"][0]
    again = workspace.run_json("--stop-early", "--replay", "r.jsonl", "--no-cache")["results"][0]
    assert first["stop_early"]["stopped"]
    for name in first.keys() - {"timing", "usage"}:
        assert first[name] == again[name], name


@pytest.mark.parametrize(
    ("gate", "told"),
    [
        ("[f1(average=macro) >= 0.1]", "f1(average=macro) >= 0.1 reads no mean over cases"),
        ("[errors <= 0, accuracy >= 0.1]", "errors <= 0 is about the whole run"),
        ("", "no gate is set"),
    ],
)
def test_what_cannot_be_decided_early_is_said_and_runs_to_the_end(
    workspace: Any, gate: str, told: str
) -> None:
    """All cases run, the gates are decided as ever, the note names the gate."""
    prepare(workspace, gate, 10, cases=40)
    result = workspace.run_json("--stop-early")["results"][0]
    assert result["cases"]["scored"] == 40 and not result["stop_early"]["stopped"]
    assert result["notes"] == [f"--stop-early: every case was run, since {told}"]


def test_an_open_gate_is_decided_after_the_last_case(workspace: Any) -> None:
    """A rule near its boundary is not met at the last look either, whose interval is wider than 95 %."""
    prepare(workspace, "[accuracy.low >= 0.86]", 10)
    result = workspace.run_json("--stop-early", code=1)["results"][0]
    assert (result["cases"]["skipped"], result["stop_early"]["calls_saved"]) == (0, 0)
    assert result["gates"][0]["observed"] < result["metrics"]["accuracy"]["low"] < 0.9
    assert "with z = 2.031, which" in result["gates"][0]["detail"]


def test_it_goes_with_no_batch_no_against_and_no_unknown_method(workspace: Any) -> None:
    """Each is exit 2, and says what to do."""
    for other in (["--batch"], ["--against", "last"]):
        assert "leave one out" in workspace.run("run", "--stop-early", *other, code=2).stderr
    assert "always-valid" in workspace.run("run", "--stop-early=bayes", code=2).stderr


@pytest.mark.parametrize("method", ["group-sequential", "always-valid"])
@pytest.mark.parametrize(
    ("before", "now", "code", "word"), [(20, 3, 1, "-0."), (3, 3, 0, "+0"), (3, 1000, 0, "+0.")]
)
def test_no_regression_is_decided_under_way(
    workspace: Any, method: str, before: int, now: int, code: int, word: str
) -> None:
    """A plain drop, no change against a wide margin, and a gain: the verdict of the whole run from fewer cases."""
    prepare(workspace, "[{no_regression: {metric: accuracy, margin: 0.15}}]", before)

    def rules(every: int) -> list[Any]:
        return [{"when": f"pay {i}$", "output": {"team": "support"}} for i in range(0, CASES, every)]

    last = [{"when": "", "output": {"team": "payments"}}]
    workspace.cases(*[(f"c{i:03}", f"pay {i}", "payments") for i in range(CASES)])
    workspace.script(*rules(before), *last)
    workspace.run("run", "-q")
    workspace.run("baseline", "set", "last", code=0)
    workspace.script(*rules(now), *last)
    result = workspace.run_json("--no-cache", "--stop-early", method, code=code)["results"][0]
    assert 0 < result["stop_early"]["calls_saved"] == CASES - stored(workspace) % CASES
    (gate,) = result["gates"]
    assert gate["detail"].startswith(f"against the baseline, accuracy moved by {word}")


def test_a_baseline_of_other_cases_waits_for_the_last_case(workspace: Any) -> None:
    """Nothing is decided under way where cases are gone or new; the note says so."""
    prepare(workspace, "[{no_regression: {metric: accuracy}}]", 10, cases=60)
    workspace.run("run", "-q")
    workspace.run("baseline", "set", "last", code=0)
    prepare(workspace, "[{no_regression: {metric: accuracy}}]", 10, cases=61)
    result = workspace.run_json("--stop-early")["results"][0]
    assert result["notes"] == ["--stop-early: every case was run, since the baseline has other cases"]
    assert result["cases"]["scored"] == 61


def test_a_stopped_run_can_be_gated_again_and_is_no_baseline(workspace: Any) -> None:
    """`gate` reads the rows that there are, and is not incomplete; a baseline with holes is refused."""
    prepare(workspace, "[accuracy.low >= 0.5]", 20)
    workspace.run_json("--stop-early")
    assert "pass" in workspace.run("gate", "last", code=0).stdout
    assert "stopped early" in workspace.run("baseline", "set", "last", code=2).stderr


@pytest.mark.parametrize("method", ["group-sequential", "always-valid"])
def test_a_score_off_its_own_scale_is_no_traceback(workspace: Any, method: str) -> None:
    """A scorer that says 7 on a scale to 1: betting cannot, a bound by t may, and the run ends either way."""
    prepare(workspace, "[mean.low >= 0.1]", 20, cases=60)
    suite = (workspace.root / "evals/s.yaml").read_text()
    workspace.write(
        "evals/s.yaml",
        suite.replace("{exact: {field: team}}", '{python: "own:score"}').replace(
            "[accuracy, per_class, confusion]", "[mean]"
        ),
    )
    workspace.write(
        "own.py", "from prompteval import Score\n\ndef score(case, seen):\n    return Score('score', 7.0)\n"
    )
    result = workspace.run_json("--stop-early", method)["results"][0]
    assert result["gates"][0]["verdict"] == "pass"
