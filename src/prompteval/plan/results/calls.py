"""Calls of tools as systems report them: arguments as an object or as its JSON text, in chat messages too."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from prompteval.core.strict_json import loads
from prompteval.core.trace import ToolCall

# What a list of the Responses API has between the calls of one reply.
_BETWEEN = ("function_call", "reasoning")


def parsed_call(name: str, arguments: object, result: object = None, step: int | None = None) -> ToolCall:
    """A call whose arguments are an object, a JSON text of one, or absent; another text is kept as it is."""
    if arguments is None or arguments == "":
        return ToolCall(name, {}, result, step)
    if isinstance(arguments, str):
        try:
            found = loads(arguments)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            return ToolCall(name, {}, result, step, unread=arguments)
        return ToolCall(name, found, result, step)
    if isinstance(arguments, Mapping):
        return ToolCall(name, arguments, result, step)
    return ToolCall(name, {}, result, step, unread=str(arguments))


def calls_of_messages(messages: Iterable[Mapping[str, object]]) -> tuple[ToolCall, ...]:
    """The calls in a conversation, in order; those of one message of the assistant are one step.

    Read are `tool_calls` and `function_call` of chat messages, and items of the type `function_call` as the
    Responses API has them, of which several in a row are one step. Results are joined by their id. A message
    of another form has no call.
    """
    kept = list(messages)
    results = {identifier: result for identifier, result in _results(kept) if identifier}
    found, step, within = [], -1, False
    for message in kept:
        calls = list(_calls(message))
        is_item = message.get("type") == "function_call"
        if calls and not (is_item and within):
            step += 1
        within = message.get("type") in _BETWEEN and (within or is_item)
        found += [
            parsed_call(name, arguments, results.get(identifier), step)
            for identifier, name, arguments in calls
        ]
    return tuple(found)


def _calls(message: Mapping[str, Any]) -> Iterator[tuple[str, str, object]]:
    """(id, name, arguments) of each call in a message."""
    if message.get("type") == "function_call":
        listed: list[object] = [message]
    elif isinstance(message.get("tool_calls"), list | tuple):
        listed = list(message["tool_calls"])
    else:
        listed = [message.get("function_call")]
    for call in listed:
        if not isinstance(call, Mapping):
            continue
        inner = call.get("function")
        function = inner if isinstance(inner, Mapping) else call
        name = function.get("name")
        if isinstance(name, str) and name:
            yield _identifier(call, "call_id", "id"), name, function.get("arguments")


def _results(messages: Iterable[Mapping[str, object]]) -> Iterator[tuple[str, object]]:
    for message in messages:
        if message.get("role") == "tool":
            yield _identifier(message, "tool_call_id"), message.get("content")
        elif message.get("type") == "function_call_output":
            yield _identifier(message, "call_id"), message.get("output")


def _identifier(part: Mapping[str, Any], *keys: str) -> str:
    """The first of the keys that is there; empty without one."""
    return next((part[key] for key in keys if isinstance(part.get(key), str)), "")


def calls_of_turns(turns: Sequence[Sequence[ToolCall] | None]) -> tuple[ToolCall, ...] | None:
    """The calls of all turns, steps of a later turn after those of the earlier; None where none says."""
    if all(calls is None for calls in turns):
        return None
    found: list[ToolCall] = []
    for calls in turns:
        first = 1 + max((call.step for call in found if call.step is not None), default=-1)
        found += [
            call if call.step is None else replace(call, step=first + call.step) for call in calls or ()
        ]
    return tuple(found)
