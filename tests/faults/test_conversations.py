"""Whole runs of conversations, scripted and with a simulated user, against a server on loopback."""

import json
from pathlib import Path
from typing import Any

import pytest

from prompteval.testing.server import FakeServer, Fault, Reply
from tests.faults.conftest import Live

PROMPT = """
from typing import Any
from pydantic import BaseModel
from prompteval import Prompt, history, system, user

class Inputs(BaseModel):
    turns: list[dict[str, Any]]
    message: str

prompt = Prompt(inputs=Inputs, output=str, messages=[
    system("Be brief."), history("turns"), user("<{{ message }}>"),
])
"""
SUITE = """prompt: help
cases: ../datasets/c.jsonl
models: [m]
scorers: [SCORER]
metrics: [accuracy]
"""
REPLIES = [Reply("one", text="1"), Reply("two", text="2"), Reply("three", text="3")]
ONE, TWO, THREE = (
    {"user": word, "expected": digit} for word, digit in (("one", "1"), ("two", "2"), ("three", "3"))
)
WRONG = {"user": "two", "expected": "9"}


def make(root: Path, server: FakeServer, *cases: list[Any], scorer: str = "exact", **profile: Any) -> Live:
    live = Live(root, server)
    live.profile(**profile)
    live.write("prompts/help/v1.py", PROMPT)
    live.write("evals/s.yaml", SUITE.replace("SCORER", scorer))
    rows = [{"id": f"c{n}", "turns": turns} for n, turns in enumerate(cases)]
    live.write("datasets/c.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    return live


def said(request: Any) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in request["messages"]]


def test_each_turn_is_sent_what_was_said_before(tmp_path: Path) -> None:
    """The history holds the user's words and the model's replies, and the row all of it."""
    with FakeServer(REPLIES) as server:
        live = make(tmp_path, server, [ONE, TWO])
        result = live.result()
        (row,) = live.rows()
    assert said(server.requests[1]) == [
        ("system", "Be brief."), ("user", "one"), ("assistant", "1"), ("user", "<two>"),
    ]  # fmt: skip
    assert result["metrics"]["accuracy"]["value"] == 1.0 and result["usage"]["requests"] == 2
    assert [turn["output"] for turn in row["turns"]] == ["1", "2"] and row["output"] == "2"
    assert [message["content"] for message in row["messages"]] == ["Be brief.", "one", "1", "<two>", "2"]


def test_all_turns_are_scored_and_the_conversation_is_their_cluster(tmp_path: Path) -> None:
    """Five turns of two conversations are five scores of two clusters, and too few to decide."""
    with FakeServer(REPLIES) as server:
        live = make(tmp_path, server, [ONE, WRONG, THREE], [ONE, TWO], scorer="{exact: {turn: all}}")

        result = live.result()
        rows = live.rows()
    assert (result["metrics"]["accuracy"]["value"], result["metrics"]["accuracy"]["n"]) == (0.8, 5)
    assert result["cases"]["total"] == 2 and result["cases"]["failed"] == 1
    assert [row["verdict"] for row in rows] == ["fail", "pass"]


@pytest.mark.parametrize(("turn", "value"), [("last", 1.0), (2, 0.0), (1, 1.0)])
def test_one_turn_may_be_chosen(tmp_path: Path, turn: object, value: float) -> None:
    """`turn: N` scores that turn by what is expected of it."""
    with FakeServer(REPLIES) as server:
        live = make(tmp_path, server, [ONE, WRONG, THREE], scorer=f"{{exact: {{turn: {turn}}}}}")
        assert live.result()["metrics"]["accuracy"]["value"] == value


def test_a_turn_whose_call_fails_ends_the_conversation(tmp_path: Path) -> None:
    """Later turns are not played, and count as the worst where all are scored."""
    faults = [None, Fault("status", 401)]
    with FakeServer(REPLIES, faults=faults) as server:
        live = make(tmp_path, server, [ONE, TWO, THREE], scorer="{exact: {turn: all}}")
        result = live.result(code=3)
        assert server.stats["requests"] == 2
        text, _ = live.run("show", "last", "--case", "c0", code=0)
    accuracy = result["metrics"]["accuracy"]
    assert (accuracy["n"], accuracy["value"]) == (3, pytest.approx(1 / 3))
    assert "turn 3" in text


def test_a_conversation_is_cached_recorded_and_replayed(tmp_path: Path) -> None:
    """Each turn is a request of its own, known again by all that was said."""
    with FakeServer(REPLIES) as server:
        live = make(tmp_path, server, [ONE, TWO])
        live.run("run", "--record", "r.jsonl", code=0)
        assert live.result()["usage"]["cached"] == 2
        assert server.stats["requests"] == 2
    assert live.result("--no-cache", "--replay", "r.jsonl")["usage"]["replayed"] == 2
