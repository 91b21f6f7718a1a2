"""The JSON Schema of one case."""

from typing import Any


def case_schema() -> dict[str, Any]:
    """One JSONL line, for editors and scripts."""
    text = {"type": "string", "minLength": 1}
    span = {
        "type": "object",
        "additionalProperties": False,
        "required": ["doc"],
        "properties": {
            "doc": text, "quote": text, "grade": {"type": "number"},
            "start": {"type": "integer", "minimum": 0}, "end": {"type": "integer", "minimum": 1},
        },
    }  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "prompteval case",
        "type": "object",
        "additionalProperties": False,
        "required": ["id", "inputs"],
        "properties": {
            "id": {"type": ["string", "integer"]},
            "inputs": {"description": "An object for a prompt, any JSON value for another target."},
            "expected": {},
            "tags": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}},
            "split": text,
            "cluster": {"type": ["string", "integer"]},
            "repeat": {"type": "integer", "minimum": 1},
            "gold": {"type": "array", "items": {"type": "array", "minItems": 1, "items": span}},
            "answers": {"type": "array", "items": {"type": "string"}},
            "answerable": {"type": "boolean"},
        },
    }
