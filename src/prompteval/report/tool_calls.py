"""Calls of tools, each on one line: the step, the call as it is written in Python, and what came of it."""

import json
from collections.abc import Iterator, Mapping, Sequence

from prompteval.core.case import ExpectedCall
from prompteval.core.trace import ToolCall, Trace


def call_lines(trace: Trace | None) -> Iterator[str]:
    """The calls that were made; that none was, where that is known."""
    calls = None if trace is None else trace.tool_calls
    if calls is None:
        return
    if not calls:
        yield "none"
    for place, call in enumerate(calls):
        step = place if call.step is None else call.step
        result = "" if call.result is None else f" → {_json(call.result)}"
        yield f"step {step + 1}  {_written(call)}{result}"


def expected_lines(calls: Sequence[ExpectedCall] | None) -> Iterator[str]:
    """The calls that are expected; that none is, where a case says so."""
    if calls is None:
        return
    if not calls:
        yield "none"
    for call in calls:
        yield _call(call.name, call.arguments)


def _written(call: ToolCall) -> str:
    return f"{call.name}({call.unread})  not JSON" if call.unread else _call(call.name, call.arguments)


def _call(name: str, arguments: Mapping[str, object]) -> str:
    return f"{name}({', '.join(f'{key}={_json(value)}' for key, value in arguments.items())})"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
