"""One line of the prediction log: `prompteval/prediction@1`, and the feedback that comes later.

Every sink writes these lines, and every reader of a log reads them: one JSON object on a line, the fields of
`Prediction` or of `Feedback` without those that are empty.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias, get_args

from prompteval.core.problem import unknown_keys
from prompteval.core.request import Usage
from prompteval.core.response_json import is_number, usage_as_json, usage_from_json
from prompteval.core.strict_json import JsonObject, loads
from prompteval.core.trace import Outcome

PREDICTION_SCHEMA: Final = "prompteval/prediction@1"
_OUTCOMES = frozenset(get_args(Outcome))
_TEXTS = ("request_id", "prompt", "fingerprint", "model")
_OPTIONAL_TEXTS = ("error", "alias", "trace_id")
_TIMES = ("latency_ms", "first_token_ms", "first_answer_ms")
_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Prediction:
    """One answer of a prompt in production, or one call that brought none.

    `time` is when the answer was there, in seconds since 1970, UTC; it is written as ISO 8601 to the
    millisecond. `prompt` is `name@v2`, and `alias` what it was asked for by, empty for none. `outcome` is as
    in a row of a run; `error` says in a word why there is no output (`timeout`, `schema`). `inputs` are None
    where only `features` are logged: by field its `value` where that is a number, a boolean or one of a few
    words, else its `length` (characters, items) and a text's `language`, where that is known. Times are
    milliseconds. `trace_id` is the caller's own trace, by which two answers to one request are paired; `tags`
    are words of the caller to cut by.
    """

    time: float
    request_id: str
    prompt: str
    fingerprint: str
    model: str
    outcome: Outcome
    latency_ms: float
    output: Any = None
    inputs: Mapping[str, Any] | None = None
    features: Mapping[str, Mapping[str, Any]] | None = None
    error: str = ""
    alias: str = ""
    trace_id: str = ""
    confidence: float | None = None
    first_token_ms: float | None = None
    first_answer_ms: float | None = None
    usage: Usage | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody said later of one answer: a `label` that is right, or a `score`; one of the two."""

    request_id: str
    label: Any = None
    score: float | None = None
    comment: str = ""
    time: float | None = None


LogRecord: TypeAlias = Prediction | Feedback
_PREDICTION = frozenset(Prediction.__slots__) | {"schema"}
_FEEDBACK = frozenset(Feedback.__slots__) | {"feedback"}


def record_line(record: LogRecord) -> str:
    """A record as one line of JSON in ASCII, without the line's end. Raises ValueError for NaN in it."""
    return _encode(record_as_json(record))


def record_as_json(record: LogRecord) -> JsonObject:
    """A record as JSON values; what is empty is left out."""
    if isinstance(record, Feedback):
        body: JsonObject = {"feedback": True, "request_id": record.request_id}
        return body | _given(record, ("label", "score", "comment"), record.time)
    body = {"schema": PREDICTION_SCHEMA, "time": written_time(record.time)}
    body |= {name: getattr(record, name) for name in _TEXTS}
    body["outcome"] = record.outcome
    optional = ("output", "inputs", "features", *_OPTIONAL_TEXTS, "confidence", *_TIMES)
    body |= _given(record, optional, None)
    if record.usage is not None:
        body["usage"] = usage_as_json(record.usage)
    return body | ({"tags": dict(record.tags)} if record.tags else {})


def record_of_line(line: str | bytes) -> LogRecord:
    """The record of one line. Raises ValueError for anything else, saying what is wrong."""
    return record_from_json(loads(line))


def record_from_json(raw: object) -> LogRecord:
    """The record behind `record_as_json`. Raises ValueError for anything else, saying what is wrong."""
    if not isinstance(raw, dict):
        raise ValueError("it is not an object")
    return _feedback(raw) if "feedback" in raw else _prediction(raw)


def written_time(seconds: float) -> str:
    """Seconds since 1970 as `2026-01-31T12:00:00.000Z`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_time(text: object) -> float:
    """The seconds since 1970 of a time in ISO 8601 with its time zone. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment.timestamp()
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"time must be a time with its zone, such as 2026-01-31T12:00:00.000Z, not {text!r:.40}")


def _given(record: LogRecord, names: tuple[str, ...], time: float | None) -> JsonObject:
    """What there is of these fields; an empty text is a value of an output alone."""
    found = {name: getattr(record, name) for name in names}
    found = {name: one for name, one in found.items() if one is not None and (one != "" or name == "output")}
    found |= {name: round(found[name], 3) for name in _TIMES if name in found}
    return found if time is None else found | {"time": written_time(time)}


def _prediction(raw: JsonObject) -> Prediction:
    _refuse_unknown(raw, _PREDICTION)
    if raw.get("schema", PREDICTION_SCHEMA) != PREDICTION_SCHEMA:
        raise ValueError(f"schema is {raw['schema']!r:.60}, and {PREDICTION_SCHEMA} is read")
    outcome = raw.get("outcome")
    if not isinstance(outcome, str) or outcome not in _OUTCOMES:
        raise ValueError(f"outcome is not one of {', '.join(sorted(_OUTCOMES))}")
    inputs, features, tags = raw.get("inputs"), raw.get("features"), raw.get("tags", {})
    if inputs is not None and not isinstance(inputs, dict):
        raise ValueError("inputs is not an object")
    if features is not None and not _all_of(features, dict):
        raise ValueError("features is not an object of objects")
    if not _all_of(tags, str):
        raise ValueError("tags is not an object of strings")
    confidence = raw.get("confidence")
    if confidence is not None and not (is_number(confidence) and 0 <= confidence <= 1):
        raise ValueError("confidence is not a number from 0 to 1")
    latency_ms = _milliseconds(raw, "latency_ms")
    if latency_ms is None:
        raise ValueError("it has no 'latency_ms'")
    return Prediction(
        time=read_time(raw.get("time")),
        request_id=_text(raw, "request_id"),
        prompt=_text(raw, "prompt"),
        fingerprint=_text(raw, "fingerprint"),
        model=_text(raw, "model"),
        outcome=outcome,  # type: ignore[arg-type]
        output=raw.get("output"),
        inputs=inputs,
        features=features,
        confidence=confidence,
        error=_text(raw, "error", ""),
        alias=_text(raw, "alias", ""),
        trace_id=_text(raw, "trace_id", ""),
        latency_ms=latency_ms,
        first_token_ms=_milliseconds(raw, "first_token_ms"),
        first_answer_ms=_milliseconds(raw, "first_answer_ms"),
        usage=usage_from_json(raw.get("usage")),
        tags=tags,
    )


def _feedback(raw: JsonObject) -> Feedback:
    _refuse_unknown(raw, _FEEDBACK)
    if raw["feedback"] is not True:
        raise ValueError("feedback is not true")
    label, score = raw.get("label"), raw.get("score")
    if (label is None) == (score is None):
        raise ValueError("feedback has one of label and score")
    if score is not None and not is_number(score):
        raise ValueError("score is not a number")
    time = read_time(raw["time"]) if "time" in raw else None
    return Feedback(_text(raw, "request_id"), label, score, _text(raw, "comment", ""), time)


def _refuse_unknown(raw: JsonObject, known: frozenset[str]) -> None:
    unknown, _ = unknown_keys(raw, known)
    if unknown:
        key, help = unknown[0]
        raise ValueError(f"unknown field {str(key)[:80]!r}" + (f" ({help})" if help else ""))


def _all_of(value: object, kind: type) -> bool:
    return isinstance(value, dict) and all(isinstance(one, kind) for one in value.values())


def _text(raw: JsonObject, name: str, absent: str | None = None) -> str:
    value = raw.get(name, absent)
    if not isinstance(value, str) or (not value and absent is None):
        raise ValueError(f"{name} is not a string" if name in raw else f"it has no {name!r}")
    return value


def _milliseconds(raw: JsonObject, name: str) -> float | None:
    value = raw.get(name)
    if value is None:
        return None
    if not is_number(value) or value < 0:
        raise ValueError(f"{name} is not a number from 0")
    return float(value)
