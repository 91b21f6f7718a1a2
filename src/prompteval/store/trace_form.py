"""The stored form of a trace: JSON values by name, what is absent left out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar, get_args

from prompteval.core.trace import CitedPassage, DroppedPassage, Outcome, RetrievedPassage, ToolCall, Trace
from prompteval.store import typed
from prompteval.store.typed import COUNT, FLAG, JSON, LIST, NUMBER, OBJECT, TEXT, Kinds

_TRACE: Kinds = {
    "output": JSON, "abstain": FLAG, "retrieved": LIST, "reranked": LIST, "context": LIST, "dropped": LIST,
    "citations": LIST, "tool_calls": LIST, "messages": LIST, "turns": LIST, "timings": OBJECT,
    "user": TEXT, "text": TEXT, "outcome": TEXT, "error": TEXT,
}  # fmt: skip
_PASSAGE: Kinds = {
    "doc": TEXT, "text": TEXT, "start": COUNT, "end": COUNT, "title": TEXT, "score": NUMBER, "id": TEXT,
    "tokens": COUNT,
}  # fmt: skip
_DROPPED: Kinds = {**_PASSAGE, "reason": TEXT}
_CITED: Kinds = {"n": COUNT, "doc": TEXT, "quote": TEXT}
_CALL: Kinds = {"name": TEXT, "arguments": OBJECT, "result": JSON, "step": COUNT, "unread": TEXT, "id": TEXT}
_PASSAGES = ("retrieved", "reranked", "context")
Part = TypeVar("Part")


def trace_values(trace: Trace) -> dict[str, object]:
    """A trace as JSON values."""
    body: dict[str, Any] = {name: getattr(trace, name) for name in ("output", "abstain")}
    body = {name: value for name, value in body.items() if value is not None}
    for name in (*_PASSAGES, "citations", "tool_calls"):
        parts = getattr(trace, name)
        if parts is not None:
            body[name] = [_values(part) for part in parts]
    if trace.dropped is not None:
        body["dropped"] = [{**_values(one.passage), "reason": one.reason} for one in trace.dropped]
    if trace.messages is not None:
        body["messages"] = [dict(message) for message in trace.messages]
    if trace.turns is not None:
        body["turns"] = [trace_values(turn) for turn in trace.turns]
    if trace.timings:
        body["timings"] = dict(trace.timings)
    said = {"user": trace.user, "text": trace.text, "error": trace.error}
    body |= {name: value for name, value in said.items() if value}
    if trace.outcome != "ok":
        body["outcome"] = trace.outcome
    return body


def trace_from(body: object) -> Trace:
    """The trace behind `trace_values`. Raises one of `typed.DAMAGE`."""
    typed.require(type(body) is dict, "an object")
    found = typed.fields(body, _TRACE)
    for name in _PASSAGES:
        found[name] = _each(found.get(name), _passage)
    found["dropped"] = _each(found.get("dropped"), _dropped)
    found["citations"] = _each(found.get("citations"), lambda one: CitedPassage(**typed.fields(one, _CITED)))
    found["tool_calls"] = _each(found.get("tool_calls"), lambda one: ToolCall(**typed.fields(one, _CALL)))
    found["messages"] = _each(found.get("messages"), dict)
    found["turns"] = _each(found.get("turns"), trace_from)
    typed.require(found.get("outcome", "ok") in get_args(Outcome), "a known outcome")
    for value in found.get("timings", {}).values():
        typed.number(value)
    return Trace(**found)


def _passage(body: Any) -> RetrievedPassage:
    found = typed.fields(body, _PASSAGE)
    typed.optional(found.get("score"), typed.number)
    return RetrievedPassage(**found)


def _dropped(body: Any) -> DroppedPassage:
    found = typed.fields(body, _DROPPED)
    reason = found.pop("reason")
    return DroppedPassage(_passage(found), reason)


def _each(values: Sequence[Any] | None, read: Callable[[Any], Part]) -> tuple[Part, ...] | None:
    return None if values is None else tuple(read(one) for one in values)


def _values(part: RetrievedPassage | CitedPassage | ToolCall) -> Mapping[str, object]:
    """The fields that have not their default; the name of a call has none."""
    found = {one.name: getattr(part, one.name) for one in fields(part)}
    defaults = {one.name: one.default for one in fields(part)}
    found = {name: value for name, value in found.items() if value not in (None, defaults[name])}
    return {**found, "arguments": dict(part.arguments)} if isinstance(part, ToolCall) else found
