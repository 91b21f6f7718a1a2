"""Refusals as problem details (RFC 9457): a title, a sentence, and the id of the request; never its body."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from prompteval.core.errors import ProviderError
from prompteval.core.strict_json import JsonObject
from prompteval.prompt.field_errors import FieldError

TITLES: Final[Mapping[int, str]] = {
    400: "bad request", 401: "token missing or wrong", 404: "not found", 405: "method not allowed",
    406: "not acceptable", 408: "request took too long", 413: "body too large", 415: "not JSON",
    422: "not processable", 429: "too many requests", 500: "internal error", 503: "unavailable",
    504: "no answer in time",
}  # fmt: skip
MOST_ERRORS: Final = 100
_REDUCED: Final = "…"
_SHORTEST_VALUE: Final = 3


@dataclass(eq=False)
class Refusal(Exception):
    """A request that gets no answer: the status, why in a word and in a sentence.

    `errors` are what is wrong with the inputs. `retry_after_s` is when to come again, in whole seconds.
    """

    status: int
    kind: str
    detail: str
    errors: Sequence[Mapping[str, str]] = ()
    retry_after_s: int | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()

    def body(self, request_id: str) -> bytes:
        """The problem as JSON."""
        found: JsonObject = {
            "type": "about:blank",
            "title": TITLES[self.status],
            "status": self.status,
            "code": self.kind,
            "detail": self.detail,
            "request_id": request_id,
        }
        if self.errors:
            found["errors"] = [dict(one) for one in self.errors]
        return json.dumps(found, allow_nan=False).encode("ascii")


def of_inputs(errors: Iterable[FieldError], inputs: object, declared: frozenset[str]) -> Refusal:
    """Inputs that the prompt does not take, each at its place, without what the request holds.

    `declared` are the names of the prompt's own fields, which may be named.
    """
    values = sorted(_texts(inputs, declared), key=len, reverse=True)
    found = []
    for pointer, message, help in errors:
        known = [str(part) if isinstance(part, int) or part in declared else _REDUCED for part in pointer]
        text = message if not help else f"{message} ({help})"
        found.append({"field": ".".join(known), "message": _without(text, values)})
    return Refusal(422, "inputs", "the inputs are not those of the prompt", tuple(found[:MOST_ERRORS]))


def of_provider(error: ProviderError) -> Refusal:
    """A call that failed: 504 for time, 429 where the model's server is full, else 503."""
    if error.kind == "timeout":
        return Refusal(504, "timeout", "the model did not answer in time")
    if error.kind in ("rate_limit", "paused"):
        seconds = max(1, round(error.retry_after_s or 1))
        return Refusal(503, error.kind, "the model's server takes no more calls", retry_after_s=seconds)
    return Refusal(
        503, error.kind, "the model cannot be called", retry_after_s=1 if error.retryable else None
    )


def of_outcome(outcome: str, kind: str) -> Refusal:
    """A reply that is not an output: refused and filtered ones are the request's, others the model's."""
    if outcome in ("refused", "filtered"):
        return Refusal(422, outcome, f"the request was {outcome}")
    return Refusal(503, kind or outcome, f"the model's reply is {outcome}", retry_after_s=1)


def _texts(value: object, declared: frozenset[str]) -> set[str]:
    """Every text in a request that a message could quote; keys too, but for the prompt's own."""
    found, todo = set[str](), [value]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            found.add(item)
        elif isinstance(item, dict):
            found.update(key for key in item if key not in declared)
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)
    return {text for text in found if len(text) >= _SHORTEST_VALUE}


def _without(message: str, values: Sequence[str]) -> str:
    for value in values:
        for spelling in (value, repr(value)[1:-1]):
            message = message.replace(spelling, _REDUCED)
    return message
