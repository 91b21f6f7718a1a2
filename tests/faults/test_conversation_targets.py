"""Conversations of applications and of recorded outputs, by whole runs."""

import json
from pathlib import Path
from typing import Any

import pytest

from prompteval.testing.server import FakeServer, Reply
from tests.faults.conftest import Live
from tests.faults.test_conversations import ONE, THREE, TWO, WRONG, make
from tests.small_workspace import Place

APP = """
from prompteval import Result

WORDS = {"one": "1", "two": "2", "three": "3"}

def plain(messages, order="7"):
    return WORDS[messages[-1]["content"]] if len(messages) % 2 and order == "7" else "?"

async def later(messages, order="7"):
    return plain(messages, order)

def agent(messages):
    call = {"id": "a", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}
    said = [{"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "content": "x", "tool_call_id": "a"},
            {"role": "assistant", "content": plain(messages[-1:])}]
    return Result(output=str(len(messages)), messages=[*messages, *said])
"""


def application(place: Place, entry: str, *turns: Any, scorer: str = "{exact: {turn: all}}") -> Any:
    place.write("app.py", APP)
    place.write(
        "evals/s.yaml",
        f"callable: app:{entry}\ncases: ../datasets/c.jsonl\nscorers: [{scorer}]\nmetrics: [accuracy]\n",
    )
    place.write("datasets/c.jsonl", json.dumps({"id": "c0", "turns": turns}) + "\n")
    (result,) = place.run().as_json()["results"]
    return result


@pytest.mark.parametrize("entry", ["plain", "later"])
def test_a_function_is_called_with_the_messages_of_each_turn(place: Place, entry: str) -> None:
    """Plain and async: the user's words are the last of an odd number of messages."""
    accuracy = application(place, entry, ONE, TWO, THREE)["metrics"]["accuracy"]
    assert (accuracy["value"], accuracy["n"]) == (1.0, 3)


def test_a_conversation_that_an_agent_gives_back_is_continued_with_its_calls(place: Place) -> None:
    """The second turn sees five messages: two of the user, three of the agent."""
    turns = [{"user": "one", "expected": "1"}, {"user": "two", "expected": "5"}]
    assert application(place, "agent", *turns)["metrics"]["accuracy"]["value"] == 1.0


def recorded(place: Place, case: Any, *turns: Any, scorer: str) -> Any:
    place.write("datasets/o.jsonl", json.dumps({"id": "c0", "turns": turns}) + "\n")
    place.write(
        "evals/s.yaml",
        f"outputs: ../datasets/o.jsonl\ncases: ../datasets/c.jsonl\nscorers: [{scorer}]\nmetrics: [accuracy]\n",
    )
    place.write("datasets/c.jsonl", json.dumps({"id": "c0", "inputs": {}, **case}) + "\n")
    (result,) = place.run().as_json()["results"]
    return result["metrics"]["accuracy"]["value"]


def test_recorded_turns_are_scored_as_recorded(place: Place) -> None:
    """Each by its turn; the last is the row's output; a turn that is missing is the worst."""
    case = {"turns": [ONE, WRONG, THREE]}
    said = [{"output": "1"}, {"output": "2"}, {"output": "3"}]
    assert recorded(place, case, *said, scorer="{exact: {turn: all}}") == pytest.approx(2 / 3)
    assert recorded(place, case, *said, scorer="exact") == 1.0
    assert recorded(place, case, *said[:2], scorer="exact") == 0.0
    assert recorded(place, {"expected": "3"}, *said, scorer="exact") == 1.0


def test_calls_of_tools_belong_to_the_turn_or_to_the_whole(place: Place) -> None:
    """A turn's expected calls are compared with that turn's, a case's with all."""
    first, second = {"name": "a", "arguments": {}}, {"name": "b", "arguments": {}}
    said = [{"output": "x", "tool_calls": [first]}, {"output": "y", "tool_calls": [second]}, {"output": "z"}]
    turns = [{"user": "1", "tool_calls": [first]}, {"user": "2", "tool_calls": [second]}, {"user": "3"}]
    assert recorded(place, {"turns": turns}, *said, scorer="{tool_calls: {turn: all}}") == 1.0
    assert recorded(place, {"turns": turns, "tool_calls": [first, second]}, *said, scorer="tool_calls") == 1.0
    nothing = [*turns[:2], {"user": "3", "tool_calls": []}]
    assert recorded(place, {"turns": nothing}, *said, scorer="tool_calls") == 1.0


def test_versions_are_compared_turn_by_turn_in_clusters(tmp_path: Path) -> None:
    """Eight conversations of two turns are sixteen scores of eight clusters on both sides."""
    with FakeServer([Reply("one", text="1"), Reply("two", text="2")]) as server:
        live: Live = make(tmp_path, server, *([[ONE, TWO]] * 8), scorer="{exact: {turn: all}}")
        first = live.result()["run_id"]
        again = live.result("--no-cache")["run_id"]
        body = json.loads(live.run("compare", first, again, "--json", code=0)[0])
    (result,) = body["results"]
    accuracy = result["metrics"]["accuracy"]
    assert (accuracy["pairs"], accuracy["clusters"], accuracy["delta"]) == (16, 8, 0.0)


def test_an_endpoint_is_posted_the_messages_of_each_turn(tmp_path: Path) -> None:
    """The answer of a turn is in the messages of the next."""
    with FakeServer([Reply("one", text="1"), Reply("two", text="2")]) as server:
        live = make(tmp_path, server, [ONE, TWO])
        live.write(
            "evals/s.yaml",
            f"endpoint: {{url: '{server.url}/chat/completions'}}\nmap: {{output: 'choices[0].message.content'}}\n"
            "cases: ../datasets/c.jsonl\nscorers: [{exact: {turn: all}}]\nmetrics: [accuracy]\n",
        )
        live.write(
            "datasets/c.jsonl", json.dumps({"id": "c0", "inputs": {"model": "x"}, "turns": [ONE, TWO]}) + "\n"
        )
        assert live.result()["metrics"]["accuracy"]["value"] == 1.0
    assert [message["content"] for message in server.requests[1]["messages"]] == ["one", "1", "two"]
