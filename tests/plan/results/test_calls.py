"""Calls of tools in results: listed, or read from the conversation."""

import json
from typing import Any

import pytest

from prompteval.core.trace import ToolCall
from prompteval.plan.results.calls import calls_of_messages
from prompteval.plan.results.result import Result
from prompteval.store.trace_form import trace_from, trace_values


def _chat(*calls: tuple[str, str, str]) -> dict[str, Any]:
    listed = [
        {"id": identifier, "type": "function", "function": {"name": name, "arguments": arguments}}
        for identifier, name, arguments in calls
    ]
    return {"role": "assistant", "content": None, "tool_calls": listed}


def test_calls_of_one_chat_message_are_one_step_with_their_results() -> None:
    """Arguments are JSON texts; a `tool` message answers the call of its id."""
    messages = [
        {"role": "user", "content": "hi"},
        _chat(("a", "find", '{"city": "Rome"}'), ("b", "find", '{"city": "Bonn"}')),
        {"role": "tool", "tool_call_id": "b", "content": "rain"},
        {"role": "tool", "tool_call_id": "a", "content": "sun"},
        _chat(("c", "book", "{}")),
        {"role": "assistant", "content": "done"},
    ]
    assert calls_of_messages(messages) == (
        ToolCall("find", {"city": "Rome"}, "sun", 0),
        ToolCall("find", {"city": "Bonn"}, "rain", 0),
        ToolCall("book", {}, None, 1),
    )


def test_calls_of_the_responses_api_in_a_row_are_one_step() -> None:
    """Reasoning between them is of the same reply; an output ends it."""
    items = [
        {"type": "function_call", "call_id": "a", "name": "find", "arguments": '{"n": 1}'},
        {"type": "reasoning", "summary": []},
        {"type": "function_call", "call_id": "b", "name": "find", "arguments": '{"n": 2}'},
        {"type": "function_call_output", "call_id": "a", "output": "one"},
        {"type": "function_call", "call_id": "c", "name": "book", "arguments": "{}"},
    ]
    found = calls_of_messages(items)
    assert [(call.name, call.step, call.result) for call in found] == [
        ("find", 0, "one"),
        ("find", 0, None),
        ("book", 1, None),
    ]


@pytest.mark.parametrize("text", ['{"a": ', "[1]", "7", '{"a": NaN}', '{"a": 1e999}', "[" * 5000])
def test_arguments_that_are_no_json_object_are_kept_as_their_text(text: str) -> None:
    """The call was made, with what it was made; nothing is raised."""
    (call,) = calls_of_messages([_chat(("a", "find", text))])
    assert call == ToolCall("find", {}, None, 0, unread=text)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"role": "assistant", "tool_calls": None},
        {"role": "assistant", "tool_calls": [None, {}, {"function": {"name": 3}}]},
        {"role": 4, "tool_calls": "x"},
        {"type": "function_call"},
        {"role": "tool"},
    ],
)
def test_messages_of_another_form_have_no_call(message: dict[str, Any]) -> None:
    """Other programs write what they like."""
    assert calls_of_messages([message]) == ()


def test_listed_calls_come_before_those_of_the_messages() -> None:
    """`tool_calls` says more; arguments may be a JSON text there too."""
    messages = [_chat(("a", "find", "{}"))]
    listed = Result(tool_calls=[{"name": "book", "arguments": '{"n": 1}'}], messages=messages).trace()
    assert listed is not None and listed.tool_calls == (ToolCall("book", {"n": 1}),)
    read = Result(messages=messages).trace()
    assert read is not None and read.tool_calls == (ToolCall("find", {}, None, 0),)
    none = Result(messages=[{"role": "assistant", "content": "hi"}]).trace()
    assert none is not None and none.tool_calls == ()


def test_a_call_that_could_not_be_read_is_stored_as_it_was() -> None:
    """The stored form is JSON and gives back the same trace."""
    trace = Result(tool_calls=[{"name": "find", "arguments": "{oops"}]).trace()
    assert trace is not None and trace.tool_calls == (ToolCall("find", {}, unread="{oops"),)
    assert trace_from(json.loads(json.dumps(trace_values(trace)))) == trace
