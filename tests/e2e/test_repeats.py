"""Repeats through the command line: a wavering application, its reports, resume, cache and checks."""

import json
import xml.etree.ElementTree as ET
from typing import Any

import jsonschema
import pytest

from prompteval.testing.server import FakeServer, Reply
from tests.closed_schema import closed

# Right on every call but each third of a message that wavers; one line a call is kept.
APPLICATION = """
from collections import Counter
from pathlib import Path

seen = Counter()

def reply(message: str) -> str:
    seen[message] += 1
    with Path("calls.txt").open("a") as file:
        file.write(message + "\\n")
    if message.startswith("waver") and seen[message] % 3 == 0:
        return "no"
    return "no" if message.startswith("wrong") else "yes"
"""
SUITE = """callable: "app:reply"
cases: ../datasets/c.jsonl
repeat: 3
scorers: [exact]
metrics: [accuracy, "accuracy(reduce=all)", pass@2, pass^2]
gate:
  - accuracy(reduce=any) >= 0.5
"""


@pytest.fixture
def wavering(workspace: Any) -> Any:
    """Three cases: steady, wavering, and wrong; the steady one runs once."""
    workspace.write("app.py", APPLICATION)
    workspace.write("evals/s.yaml", SUITE)
    lines = [
        {"id": name, "inputs": {"message": f"{name} it"}, "expected": "yes"}
        for name in ("steady", "waver", "wrong")
    ]
    workspace.write("datasets/c.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    return workspace


def test_stability_and_flaky_cases_are_in_every_report(wavering: Any) -> None:
    """Beside the mean in the table, the JSON and Markdown; by name in JUnit; again by `show`."""
    body = wavering.run_json("-j", "1", "-o", "r.md", "-o", "r.xml")
    jsonschema.validate(body, closed(json.loads(wavering.run("schema", "run").stdout)))
    result = body["results"][0]
    told = {
        name: (found["value"], found["stable"], found["repeated"])
        for name, found in result["metrics"].items()
    }
    assert told == {
        "accuracy": (pytest.approx(5 / 9), 2, 3),
        "accuracy(reduce=all)": (pytest.approx(1 / 3), 2, 3),
        "pass@2": (pytest.approx(2 / 3), 2, 3),
        "pass^2": (pytest.approx(4 / 9), 2, 3),
        "accuracy(reduce=any)": (pytest.approx(2 / 3), 2, 3),
    }
    assert result["flaky"] == [{"id": "waver", "scores": [1.0, 1.0, 0.0]}]
    shown = wavering.run("show", code=0).stdout
    assert "stable" in shown and "2/3" in shown and "2 of 3 right" in shown
    markdown = (wavering.root / "r.md").read_text()
    assert "| scored | stable |" in markdown and "| waver | 2 of 3 right |" in markdown
    messages = [node.get("message", "") for node in ET.parse(wavering.root / "r.xml").iter("failure")]
    assert messages[0].startswith("flaky, 1 of 3 repeats: ") and messages[1].startswith("3 of 3 repeats: ")


def test_without_repeats_nothing_is_said_of_them(wavering: Any) -> None:
    """No column, no key."""
    wavering.write("evals/s.yaml", SUITE.replace("repeat: 3\n", "").replace(", pass@2, pass^2", ""))
    assert "stable" not in wavering.run("run", code=0).stdout
    result = json.loads(wavering.run("show", "--json", code=0).stdout)["results"][0]
    assert "flaky" not in result and "stable" not in result["metrics"]["accuracy"]


def test_one_case_runs_five_times_while_others_run_once(wavering: Any) -> None:
    """`repeat` in a case; `--repeat` on the command line is for all."""
    text = (wavering.root / "datasets/c.jsonl").read_text()
    wavering.write("datasets/c.jsonl", text.replace('{"id": "waver",', '{"id": "waver", "repeat": 5,'))
    wavering.write("evals/s.yaml", SUITE.replace("repeat: 3\n", "").replace(", pass@2, pass^2", ""))
    result = wavering.run_json("-j", "1")["results"][0]
    assert (wavering.root / "calls.txt").read_text().split("\n").count("waver it") == 5
    assert result["metrics"]["accuracy"]["value"] == pytest.approx((1 + 4 / 5 + 0) / 3)
    assert (result["metrics"]["accuracy"]["repeated"], result["cases"]["total"]) == (1, 3)
    wavering.run("run", "--repeat", "2", "-o", "r.jsonl")
    rows = [json.loads(line) for line in (wavering.root / "r.jsonl").read_text().splitlines()]
    assert [row["replicate"] for row in rows] == [0, 1] * 3


def test_a_stopped_run_goes_on_within_a_case(wavering: Any) -> None:
    """Finished repeats are not run again; a case with a repeat left over is not counted as run."""
    text = APPLICATION.replace('    if message', '    if Path("broken").exists() and seen[message] == 2:\n        raise OSError("gone")\n    if message', 1)  # fmt: skip
    wavering.write("app.py", text)
    wavering.write("broken", "")
    body = wavering.run_json("-j", "1", code=3)
    assert body["results"][0]["cases"]["errors"] == 3
    (wavering.root / "broken").unlink()
    resumed = json.loads(wavering.run("run", "--resume", "--json", "-q", "-j", "1", code=0).stdout)
    assert resumed["results"][0]["cases"]["scored"] == 3
    assert len((wavering.root / "calls.txt").read_text().split()) / 2 == 9 + 3


def test_f31_each_repeat_is_asked_and_cached_for_itself(workspace: Any) -> None:
    """Three repeats are three calls; more repeats ask only for what is new."""
    with FakeServer(
        [Reply("pay", output={"team": "payments"}), Reply("", output={"team": "support"})]
    ) as server:
        workspace.write(
            "prompteval.toml", f'[models.m]\nmodel = "fake"\nbase_url = "{server.url}"\napi_key_env = "K"\n'
        )
        for repeat, calls in ((3, 12), (3, 12), (5, 20), (1, 20)):
            workspace.run("run", "--model", "m", "--repeat", str(repeat), code=0, K="sk-x")
            assert len(server.requests) == calls


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("repeat: 3", "repeat: 0", "evals/s.yaml:3:9 PE203 repeat must be a whole number from 1 to 10,000, not 0"),
        ("repeat: 3", "repeat: many", "evals/s.yaml:3:9 PE203"),
        ("pass@2", "pass@4", "evals/s.yaml:5:45 PE228 pass@4 needs cases that run 4 times, and none runs more than 3"),
        ("pass@2", "pass@0", "evals/s.yaml:5:45 PE226 'pass@0': k must be a whole number from 1"),
        ("reduce=all", "reduce=every", "evals/s.yaml:5:21 PE226"),
        ("reduce=any", "reduce=some", "evals/s.yaml:7:5 PE227"),
    ],
)  # fmt: skip
def test_wrong_repeats_stand_at_their_line(wavering: Any, old: str, new: str, told: str) -> None:
    """`check` and `run` refuse before the first call."""
    wavering.write("evals/s.yaml", SUITE.replace(old, new))
    assert told in wavering.run("check", code=2).stdout
    assert told in wavering.run("run", code=2).stderr
    assert not (wavering.root / "calls.txt").exists()


def test_a_case_that_asks_for_no_whole_number_stands_at_its_line(wavering: Any) -> None:
    """And a metric that only some cases can feed is a warning."""
    text = (wavering.root / "datasets/c.jsonl").read_text()
    wavering.write("datasets/c.jsonl", text.replace('{"id": "waver",', '{"id": "waver", "repeat": 1.5,'))
    assert (
        "datasets/c.jsonl:2:27 PE316 repeat must be a whole number from 1 to 10,000, not 1.5"
        in wavering.run("check", code=2).stdout
    )
    wavering.write("datasets/c.jsonl", text.replace('{"id": "waver",', '{"id": "waver", "repeat": 1,'))
    done = wavering.run("check", code=0)
    assert "PE228 1 of 3 cases run fewer than 2 times and are missing from pass@2" in done.stdout
    wavering.run("check", "--strict", code=2)


def test_the_command_line_may_ask_for_too_few(wavering: Any) -> None:
    """Said before anything runs, with the fix."""
    done = wavering.run("run", "--repeat", "1", code=2)
    assert "pass@2 needs cases that run 2 times, and none runs more than 1" in done.stderr
    assert "--repeat 2" in done.stderr


def test_recorded_outputs_are_read_once(workspace: Any) -> None:
    """No repeat is invented from one recording."""
    workspace.write(
        "evals/s.yaml",
        "outputs: ../o.jsonl\ncases: ../datasets/c.jsonl\nscorers: [{exact: {field: team}}]\nmetrics: [accuracy]\n",
    )
    workspace.write(
        "o.jsonl",
        "".join(json.dumps({"id": f"c{i}", "output": {"team": "support"}}) + "\n" for i in range(1, 5)),
    )
    done = workspace.run("run", "--repeat", "3", "-o", "r.jsonl", code=0)
    assert (
        "recorded outputs are read as often as they were recorded: once" in done.stdout
        and "stable" not in done.stdout
    )
    assert len((workspace.root / "r.jsonl").read_text().splitlines()) == 4


@pytest.mark.parametrize(("repeat", "refused"), [("3", False), ("1", True)])
def test_runs_with_repeats_compare_by_case(wavering: Any, repeat: str, refused: bool) -> None:
    """Three pairs, whatever the repeats; all of one run is not compared with all of three."""
    wavering.write("evals/s.yaml", SUITE.replace(", pass@2, pass^2", ""))
    a, b = (wavering.run_json("-j", "1", "--repeat", n)["run_id"] for n in (repeat, "3"))
    (result,) = json.loads(wavering.run("compare", a, b, "--json", code=0).stdout)["results"]
    assert (result["paired"], result["metrics"]["accuracy"]["b"]) == (3, pytest.approx(5 / 9))
    assert ("equally often" in result["metrics"]["accuracy(reduce=all)"].get("reason", "")) is refused
