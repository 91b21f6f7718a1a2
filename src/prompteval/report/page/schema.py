"""The JSON Schema of what an HTML report embeds: its document, and the rows of its blocks."""

from collections.abc import Mapping
from typing import Any

from prompteval.report.comparison.schema import compare_schema
from prompteval.report.page.document import SCHEMA
from prompteval.report.schema import run_schema

Schema = dict[str, Any]
_TEXT: Schema = {"type": "string"}
_TEXTS: Schema = {"type": "array", "items": _TEXT}
_NUMBER: Schema = {"type": ["number", "null"]}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_VERDICT: Schema = {"enum": ["pass", "fail", "error", "unscored"]}
KINDS = ("run", "comparison", "judge", "sweep", "history")


def page_schema() -> Schema:
    """The document in `data-page`; `$defs` has a row of the blocks `data-listed` and `data-cases` each."""
    properties = {
        "schema": {"const": SCHEMA}, "kind": {"enum": list(KINDS)}, "head": _head(),
        "sections": _list_of({"$ref": "#/$defs/section"}),
        "columns": _list_of(_column()),
        "links": _list_of(_TEXTS), "live": {"type": "boolean"},
        "run": _without_defs(run_schema(), "run"),
        "comparison": _without_defs(compare_schema(), "comparison"),
    }  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "the data of a page",
        **_object(["schema", "kind", "head", "sections"], properties),
        "$defs": {
            "section": _section(), "table": _table(), "listed": _listed(), "case": _case(),
            **_defs(run_schema(), "run"), **_defs(compare_schema(), "comparison"),
        },
    }  # fmt: skip


def _object(required: list[str], properties: Mapping[str, object]) -> Schema:
    body = {"type": "object", "required": required, "properties": dict(properties)}
    return {**body, "additionalProperties": False}


def _list_of(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _column() -> Schema:
    """Where a row comes from; `side` is that of a comparison, `a` or `b`."""
    texts = ("suite", "prompt", "version", "model")
    return _object([*texts], {**dict.fromkeys(texts, _TEXT), "side": {"enum": ["a", "b"]}})


def _head() -> Schema:
    fact = {"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2}
    texts = ["title", "word", "tone", "sentence"]
    return _object([*texts, "facts"], {**dict.fromkeys(texts, _TEXT), "facts": _list_of(fact)})


def _section() -> Schema:
    gate = {
        **dict.fromkeys(("rule", "verdict", "word", "detail"), _TEXT),
        "filters": {"type": "object", "additionalProperties": _TEXT},
    }
    properties = {
        "title": _TEXT, "lines": _TEXTS, "notes": _TEXTS, "code": _TEXT,
        "gates": _list_of(_object([*gate], gate)),
        "tables": _list_of({"$ref": "#/$defs/table"}), "drawn": {"type": "object"},
    }  # fmt: skip
    return _object([*properties], properties)


def _table() -> Schema:
    """Text in rows; `estimates` are [low, value, high] of each row, `counts` the numbers of each row."""
    properties = {
        "title": _TEXT, "heads": _TEXTS, "rows": _list_of(_TEXTS), "texts": _COUNT,
        "estimates": _list_of(_list_of(_NUMBER)), "counts": _list_of(_list_of(_COUNT)),
        "links": _TEXTS,
        "differences": _list_of(_list_of(_NUMBER)),
    }  # fmt: skip
    return _object(["title", "heads", "rows", "texts"], properties)


def _listed() -> Schema:
    """A row of the list. A score is [value, passed, status]; `column` is a place in `columns`."""
    score = {"type": "array", "prefixItems": [_NUMBER, {"type": ["boolean", "null"]}, _TEXT]}
    texts = ("id", "outcome", "inputs", "expected", "output", "text")
    properties = {
        "column": _COUNT, "replicate": _COUNT, "verdict": _VERDICT, **dict.fromkeys(texts, _TEXT),
        "latency_ms": {"type": "number"}, "scores": {"type": "object", "additionalProperties": score},
        "tags": {"type": "object", "additionalProperties": _TEXT},
    }  # fmt: skip
    more = {"why": _TEXT, "reason": _TEXT, "fails": _TEXTS}
    return _object([*properties], {**properties, **more})


def _case() -> Schema:
    """A row in full, as `show --case` has it."""
    value = _object(["text", "length"], {"text": _TEXT, "length": _COUNT})
    place = {"doc": _TEXT, "start": _COUNT, "end": _COUNT, "quote": _TEXT}
    mark = {"type": "array", "prefixItems": [_TEXT, {"enum": ["", "good", "bad"]}]}
    line = _object(
        ["label", "text"], {"label": _TEXT, "text": _TEXT, "marks": _list_of(mark), "words": _TEXT}
    )
    part = _object(["name"], {"name": _TEXT, "text": _TEXT, "lines": _list_of(line), "left_out": _COUNT})
    properties = {
        "verdict": _VERDICT, "why": _TEXT, "expected": value, "output": value,
        "gold": _list_of(_object([], {**place})), "parts": _list_of(part),
    }  # fmt: skip
    return _object([*properties], properties)


def _without_defs(schema: Schema, prefix: str) -> Schema:
    """A schema whose definitions stand elsewhere under other names."""
    body = {name: value for name, value in schema.items() if name not in ("$schema", "title", "$defs")}
    found: Schema = _renamed(body, prefix)
    return found


def _defs(schema: Schema, prefix: str) -> Schema:
    return {f"{prefix}-{name}": _renamed(value, prefix) for name, value in schema["$defs"].items()}


def _renamed(value: object, prefix: str) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {
            name: f"#/$defs/{prefix}-{inner.rpartition('/')[2]}"
            if name == "$ref"
            else _renamed(inner, prefix)
            for name, inner in value.items()
        }
    return [_renamed(inner, prefix) for inner in value] if isinstance(value, list) else value
