"""A reply as JSON values and back: one form for the cache, recordings, replays and batches.

What is read back was written by somebody else as far as this code knows, so every field is held to its type.
"""

from collections.abc import Mapping
from dataclasses import fields
from math import isfinite
from typing import Any, Final, TypeGuard, get_args

from prompteval.core.request import COUNTS, Finish, Response, ServedBy, Usage
from prompteval.core.tools import RequestedCall, Thought

MOST_TOKENS: Final = 100_000_000
_FINISHES = frozenset(get_args(Finish))
_FIELDS = frozenset(field.name for field in fields(Response)) - {"served_by"}
_CALL = ("id", "name", "arguments")
# The texts of a file in a message (`PlacedFile.as_json`).
_FILE: Final = 4
_THOUGHT = ("id", "encrypted")
_TOKENS = ("prompt_tokens", "completion_tokens", "cached_tokens", "reasoning_tokens")
_USAGE = frozenset({*_TOKENS, "estimated"})


def response_as_json(response: Response) -> dict[str, object]:
    """A reply as JSON values; what is empty, and what tells of the calls made for it, is left out."""
    body: dict[str, object] = {
        "text": response.text, "finish": response.finish, "model_reported": response.model_reported,
        "usage": usage_as_json(response.usage),
        "latency_ms": response.latency_ms,
        "logprobs": None if response.logprobs is None else list(response.logprobs),
        "refusal": response.refusal, "reason": response.reason, "confidence": response.confidence,
        "details": {name: value for name, value in response.details.items() if name not in COUNTS},
        "tool_calls": [{name: getattr(call, name) for name in _CALL} for call in response.tool_calls],
        "thoughts": [{name: getattr(thought, name) for name in _THOUGHT} for thought in response.thoughts],
    }  # fmt: skip
    return {name: value for name, value in body.items() if value not in (None, {}, [])}


def response_from_json(raw: object, served_by: ServedBy) -> Response:
    """The reply behind `response_as_json`. Raises ValueError for anything else, saying what is wrong."""
    if not _is_mapping(raw):
        raise ValueError("the response is not an object")
    if not raw.keys() <= _FIELDS:
        raise ValueError(f"unknown field {sorted(map(str, raw.keys() - _FIELDS))[0]!r} in the response")
    details, logprobs = raw.get("details", {}), raw.get("logprobs")
    if not _is_mapping(details):
        raise ValueError("details is not an object")
    if logprobs is not None and not (isinstance(logprobs, list) and all(map(is_logprob, logprobs))):
        raise ValueError("logprobs is not a list of log probabilities")
    finish = raw.get("finish", "stop")
    if not isinstance(finish, str) or finish not in _FINISHES:
        raise ValueError(f"finish is not one of {', '.join(sorted(_FINISHES))}")
    text, latency_ms = _text(raw, "text"), raw.get("latency_ms", 0.0)
    if text is None:
        raise ValueError("it has no 'text'")
    if not is_number(latency_ms) or latency_ms < 0:
        raise ValueError("latency_ms is not a number from 0")
    if raw.get("confidence") is not None and not is_number(raw["confidence"]):
        raise ValueError("confidence is not a number")
    return Response(
        text=text,
        finish=finish,  # type: ignore[arg-type]
        model_reported=_text(raw, "model_reported"),
        usage=usage_from_json(raw.get("usage")),
        latency_ms=latency_ms,
        logprobs=tuple(map(float, logprobs)) if logprobs else None,
        refusal=_text(raw, "refusal"),
        reason=_text(raw, "reason"),
        confidence=raw.get("confidence"),
        details={name: value for name, value in details.items() if name not in COUNTS},
        served_by=served_by,
        tool_calls=tuple([RequestedCall(**one) for one in _records(raw, "tool_calls", _CALL)]),
        thoughts=tuple([Thought(**one) for one in _records(raw, "thoughts", _THOUGHT)]),
    )


def _is_mapping(value: object) -> TypeGuard[Mapping[str, Any]]:
    return type(value) is dict or isinstance(value, Mapping)  # the second alone takes ten times as long


def check_request(raw: object) -> None:
    """Raise ValueError for what is not a request as `Request.as_json` writes it, saying what is wrong."""
    if not isinstance(raw, Mapping):
        raise ValueError("the request is not an object")
    messages = raw.get("messages")
    if not isinstance(messages, list) or not all(map(_is_message, messages)):
        raise ValueError("messages is not a list of [role, text]")
    kinds = {"params": Mapping, "schema": Mapping, "seed": int, "replicate": int, "tools": list}
    for name, kind in kinds.items():
        if raw.get(name) is not None and not isinstance(raw[name], kind):
            raise ValueError(f"{name} of the request has the wrong type")
    for name in ("model", "schema_name", "identity"):
        _text(raw, name)


def is_logprob(value: Any) -> bool:
    """A number whose sum with many others is finite, and that is no more than rounding makes of 0."""
    return is_number(value) and -1e6 <= value <= 1.0


def is_file_part(part: object) -> TypeGuard[list[str]]:
    """Whether a part of a recorded message is a file: [hash, type, size, place]."""
    return _are_texts(part, _FILE)


def token_count(value: object) -> int | None:
    """A number of tokens; None for what is negative, absurd or not a whole number."""
    return value if type(value) is int and 0 <= value <= MOST_TOKENS else None


def _is_message(raw: object) -> bool:
    """[role, text], and a call's id that it answers, or [hash, type, size, place] and [id, name, text]."""
    if not isinstance(raw, list) or not _are_texts(raw[:2], 2):
        return False
    lists = all(_are_texts(part, len(_CALL)) or is_file_part(part) for part in raw[2:])
    return lists or _are_texts(raw, 3)


def _are_texts(raw: object, count: int) -> bool:
    return isinstance(raw, list) and len(raw) == count and all(isinstance(part, str) for part in raw)


def _records(raw: Mapping[str, Any], name: str, keys: tuple[str, ...]) -> list[dict[str, str]]:
    """The objects in a list, each of texts by these names; none where the field is absent."""
    found = raw.get(name)
    if found is None:
        return []
    known = isinstance(found, list) and all(
        isinstance(one, Mapping) and one.keys() == set(keys) for one in found
    )
    if not known or not all(_are_texts([*one.values()], len(keys)) for one in found):
        what = "calls" if name == "tool_calls" else name
        raise ValueError(f"{name} is not a list of {what} with {', '.join(keys[:-1])} and {keys[-1]}")
    return [dict(one) for one in found]


def _text(raw: Mapping[str, object], name: str) -> str | None:
    value = raw.get(name)
    if value is None or isinstance(value, str):
        return value
    raise ValueError(f"{name} is not a string")


def usage_as_json(usage: Usage | None) -> dict[str, int | bool | None] | None:
    """The counts by their names; None where there are none."""
    return None if usage is None else {name: getattr(usage, name) for name in Usage.__slots__}


def usage_from_json(raw: object) -> Usage | None:
    """The counts behind `usage_as_json`. Raises ValueError for anything else."""
    if raw is None:
        return None
    if not _is_mapping(raw) or not raw.keys() <= _USAGE:
        raise ValueError("usage is not an object of token counts")
    for name in _TOKENS:
        if (count := raw.get(name)) is not None and token_count(count) is None:
            raise ValueError("usage is not an object of token counts")
    if not isinstance(raw.get("estimated", False), bool):
        raise ValueError("estimated is not true or false")
    return Usage(**raw)


def is_number(value: object) -> bool:
    """A finite number that a float can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isfinite(value) if isinstance(value, float) else abs(value) < 10**300
