"""What a value may be, in words, from its JSON Schema."""

import json
from collections.abc import Mapping
from typing import Any

from prompteval.core.ranges import Range
from prompteval.reference.entry import Option

Schema = Mapping[str, Any]
_PLURALS = {"a string": "strings", "a number": "numbers", "a whole number": "whole numbers"}
_NOTHING: tuple[object, ...] = (None, "", [], {})


def in_words(schema: Schema, mapping: str = "a mapping") -> str:
    """`a whole number from 1 to 100`, `one of em, f1`; `mapping` is the file format's word for an object."""
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    if "anyOf" in schema:
        kinds = (in_words(one, mapping) for one in schema["anyOf"] if one.get("type") != "null")
        return " or ".join(dict.fromkeys(kinds))
    if "$ref" in schema:
        return mapping
    match schema.get("type"):
        case "integer" | "number" as kind:
            return _number(schema, whole=kind == "integer")
        case "string":
            return "a string"
        case "boolean":
            return "true or false"
        case "array":
            return _list(schema, mapping)
        case "object":
            values = schema.get("additionalProperties")
            named = in_words(values, mapping) if isinstance(values, dict) else ""
            return f"{mapping} of {_PLURALS[named]}" if named in _PLURALS else mapping
    return "any value"


def default_of(schema: Schema) -> str:
    """The default as it is written; empty where there is none, or where it is nothing."""
    value = schema.get("default")
    if any(value == nothing and type(value) is type(nothing) for nothing in _NOTHING):
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def option_of(name: str, schema: Schema, mapping: str = "a mapping") -> Option:
    """A property of a schema as an option, its default behind what it is."""
    about, default = str(schema.get("description", "")), default_of(schema)
    if default and "[default:" not in about:
        about = f"{about} [default: {default}]".strip()
    return Option(name, about, in_words(schema, mapping))


def _number(schema: Schema, *, whole: bool) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return str(Range(low, high, whole))
    kind = "a whole number" if whole else "a number"
    above = schema.get("exclusiveMinimum")
    if above is not None:
        return f"{kind} above {above:g}"
    return kind if low is None else f"{kind} from {low:g}"


def _list(schema: Schema, mapping: str) -> str:
    items = schema.get("items") or {}
    item = in_words(items, mapping) if items else ""
    if item in ("", "any value"):
        return "a list"
    if item.startswith("a list"):
        return f"a list of lists{item.removeprefix('a list')}"
    if item == mapping:
        return f"a list of {mapping.removeprefix('a ').removeprefix('an ')}s"
    return f"a list of {_PLURALS[item]}" if item in _PLURALS else f"a list, each {item}"
