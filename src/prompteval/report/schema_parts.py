"""What the JSON Schemas of our documents are made of: every part says what it means."""

from collections.abc import Mapping, Sequence
from typing import Any

Schema = dict[str, Any]


def text(about: str) -> Schema:
    return {"type": "string", "description": about}


def texts(about: str) -> Schema:
    return {"type": "array", "items": {"type": "string"}, "description": about}


def number(about: str) -> Schema:
    """A number, or null where there is none."""
    return {"type": ["number", "null"], "description": about}


def flag(about: str) -> Schema:
    return {"type": "boolean", "description": about}


def nullable(found: Schema, about: str) -> Schema:
    """What may be null."""
    return {"anyOf": [found, {"type": "null"}], "description": about}


def count(about: str) -> Schema:
    return {"type": "integer", "minimum": 0, "description": about}


def counts(about: str) -> Schema:
    """A count by name."""
    return map_of({"type": "integer", "minimum": 0}, about)


def one_of(values: Sequence[object], about: str) -> Schema:
    return {"enum": list(values), "description": about}


def constant(value: object, about: str) -> Schema:
    return {"const": value, "description": about}


def part(name: str, about: str) -> Schema:
    """What the document defines below `$defs`."""
    return {"$ref": f"#/$defs/{name}", "description": about}


def object_of(required: Sequence[str], properties: Mapping[str, object], about: str) -> Schema:
    return {
        "type": "object", "required": list(required), "properties": dict(properties), "description": about,
    }  # fmt: skip


def record_of(properties: Mapping[str, object], about: str) -> Schema:
    """An object that has every one of its properties."""
    return object_of(list(properties), properties, about)


def map_of(values: Schema, about: str) -> Schema:
    return {"type": "object", "additionalProperties": values, "description": about}


def list_of(items: Schema, about: str) -> Schema:
    return {"type": "array", "items": items, "description": about}


def document_of(title: str, found: Schema, **definitions: Schema) -> Schema:
    """A whole document; new keys may be added, those that are there keep their names and meaning."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **found,
        **({"$defs": definitions} if definitions else {}),
    }
