"""What is asked of a stored observation, taken out of its JSON here.

Postgres cannot look into it: its JSON has no NUL and no half of a surrogate pair, and a reply may have both.
"""

from collections.abc import Iterator
from typing import Any

from prompteval.store.hashes import Columns
from prompteval.store.typed import OBJECT, dumps, loads, require


def reported_columns(observation: str) -> Columns:
    """Of an observation the columns that `stored_row` takes beside those of every row."""
    body = _body(observation)
    calls = body.get("calls") or []
    usage = (calls[-1].get("usage") or {}) if calls else {}
    parts = [body.get("details"), body.get("logprobs")]
    timings = (body.get("trace") or {}).get("timings")
    texts = [None if one is None else dumps(one) for one in (*parts, calls or None, timings)]
    return (*texts[:2], usage.get("completion_tokens"), *texts[2:], body.get("priced_usd"))


def failure_of(observation: str) -> tuple[str, str]:
    """(kind, message) of the failure of a case that ended in an error."""
    failure = _body(observation).get("failure") or {}
    return str(failure.get("type", "")), str(failure.get("message", ""))


def call_tokens(observation: str) -> Iterator[tuple[int, int]]:
    """(0, prompt tokens) and (1, completion tokens) of each call that tells them."""
    for call in _body(observation).get("calls") or ():
        usage = call.get("usage") or {}
        for place, name in enumerate(("prompt_tokens", "completion_tokens")):
            if usage.get(name) is not None:
                yield place, usage[name]


def _body(observation: str) -> dict[str, Any]:
    found = loads(observation)
    require(type(found) in OBJECT, "an observation that is an object")
    return dict(found)
