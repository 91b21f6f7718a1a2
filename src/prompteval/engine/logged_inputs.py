"""What of a prediction's inputs and output is logged: all, with personal data masked, or features only."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal, TypeVar, cast

from pydantic_core import to_jsonable_python

from prompteval.core.media import is_file_value
from prompteval.core.prediction import Feedback, LogRecord
from prompteval.core.secret import hide_all
from prompteval.core.strict_json import JsonObject
from prompteval.pii.redact import redact as mask_text
from prompteval.pii.values import masked_value
from prompteval.prompt.prompt import Prompt
from prompteval.prompt.schema import json_schema

T = TypeVar("T")
LogInputs = Literal["full", "redacted", "features"]
LOG_INPUTS: Final[tuple[LogInputs, ...]] = ("full", "redacted", "features")


def reduced(record: LogRecord, policy: LogInputs, closed: frozenset[str]) -> LogRecord:
    """The record as it is written. Keys that this process was given are hidden under every policy.

    `closed` are the inputs that have one of a few declared values, which features keep. The output, the
    right label and the comment of feedback are masked as the inputs are, and never reduced to features.
    """
    record = _plain(record)
    if isinstance(record, Feedback):
        return replace(record, label=_masked(record.label, policy), comment=_masked(record.comment, policy))
    inputs, output = record.inputs, _masked(record.output, policy)
    if policy == "features":
        found = None if inputs is None else features(inputs, closed)
        return replace(record, inputs=None, features=found, output=output)
    return replace(record, inputs=_masked(inputs, policy), output=output)


def _plain(record: LogRecord) -> LogRecord:
    """The record with JSON values for what an application gave: dates, models, paths."""
    if isinstance(record, Feedback):
        return replace(record, label=to_jsonable_python(record.label, inf_nan_mode="null", fallback=str))
    inputs = to_jsonable_python(record.inputs, inf_nan_mode="null", fallback=str)
    return replace(record, inputs=inputs)


def closed_inputs(prompt: Prompt) -> frozenset[str]:
    """The inputs of a prompt whose values are written in its schema: an enum, a literal, a boolean."""
    schema = json_schema(prompt.inputs)
    definitions = schema.get("$defs", {})
    fields: Mapping[str, JsonObject] = schema.get("properties", {})
    return frozenset(name for name, field in fields.items() if _is_closed(field, definitions))


def features(inputs: Mapping[str, object], closed: frozenset[str]) -> JsonObject:
    """By input: the `value` of what is closed and of a number, else the `length` of a text or a list.

    Of a file it is the `media_type` and the `bytes`.

    A number in which personal data is found, a telephone number say, has neither.
    """
    return {name: _feature(value, name in closed) for name, value in inputs.items()}


def _feature(value: object, is_closed: bool) -> JsonObject:
    if is_file_value(value):
        return {"media_type": value["media_type"], "bytes": value["bytes"]}
    if value is None or isinstance(value, bool) or is_closed:
        return {"value": value}
    if isinstance(value, int | float):
        return {"value": value} if redact(str(value)) == str(value) else {}
    return {"length": len(value)} if isinstance(value, str | list | dict) else {}


def _is_closed(field: JsonObject, definitions: Mapping[str, JsonObject]) -> bool:
    name = str(field.get("$ref", "")).rpartition("/")[2]
    field = definitions.get(name, field)
    options = field.get("anyOf", ())
    if options:
        return all(_is_closed(one, definitions) or one.get("type") == "null" for one in options)
    return "enum" in field or "const" in field or field.get("type") == "boolean"


def _masked(value: T, policy: LogInputs) -> T:
    """A hash of a file is no personal data, and is kept as it is."""
    hidden: T = hide_all(value) if policy == "full" else redact(value)
    return hidden


def redact(value: T) -> T:
    """A JSON value with personal data and keys masked in every text of it, names of fields too."""
    return cast(T, masked_value(hide_all(value), _mask))


def _mask(text: str) -> str:
    return mask_text(text).text
