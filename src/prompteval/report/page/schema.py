"""The JSON Schema of what an HTML report embeds: its document, and the rows of its blocks."""

from collections.abc import Mapping, Sequence
from typing import Any

from prompteval.report import schema_parts as parts
from prompteval.report.comparison.schema import compare_schema
from prompteval.report.page.document import SCHEMA
from prompteval.report.schema import run_schema
from prompteval.report.schema_parts import (
    Schema,
    constant,
    count,
    list_of,
    map_of,
    one_of,
    part,
    text,
    texts,
)

_TEXT: Schema = {"type": "string"}
_VERDICTS = ("pass", "fail", "error", "unscored")
KINDS = ("run", "comparison", "judge", "sweep", "history")


def page_schema() -> Schema:
    """The document in `data-page`; `$defs` has a row of the blocks `data-listed`, `data-cases`
    and `data-exchanges` each."""
    properties = {
        "schema": constant(SCHEMA, "The version of this document."),
        "kind": one_of(KINDS, "What the page shows."),
        "head": _head(),
        "sections": list_of(part("section", "One of them."), "The parts of the page, from top to bottom."),
        "columns": list_of(_column(), "Where the rows of the list come from."),
        "links": list_of({"type": "array", "items": _TEXT}, "[text, address] of other pages."),
        "live": {"type": "boolean", "description": "Whether the page is of a run that has not ended."},
        "run": _without_defs(run_schema(), "run"),
        "comparison": _without_defs(compare_schema(), "comparison"),
    }
    found = closed_object_of(["schema", "kind", "head", "sections"], properties, "What a page draws.")
    definitions = {
        "section": _section(), "table": _table(), "listed": _listed(), "case": _case(),
        "exchanges": _exchanges(),
        **_defs(run_schema(), "run"), **_defs(compare_schema(), "comparison"),
    }  # fmt: skip
    return parts.document_of("the data of a page", found, **definitions)


def closed_object_of(required: Sequence[str], properties: Mapping[str, object], about: str) -> Schema:
    """One without other keys: a page and its data are written together."""
    return {**parts.object_of(required, properties, about), "additionalProperties": False}


def closed_record_of(properties: Mapping[str, object], about: str) -> Schema:
    """An object that has every one of its properties, and nothing else."""
    return closed_object_of(list(properties), properties, about)


def _column() -> Schema:
    """Where a row comes from; `side` is that of a comparison, `a` or `b`."""
    properties = {
        "suite": text("The name of the suite."),
        "prompt": text("The prompt and version, with the alias that it was asked for by."),
        "version": text("The prompt and version."),
        "model": text("The model that was asked."),
    }
    side = {"side": one_of(("a", "b"), "The side of a comparison.")}
    return closed_object_of(list(properties), {**properties, **side}, "One source of rows.")


def _head() -> Schema:
    fact = {"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2}
    properties = {
        "title": text("What the page is of."),
        "word": text("The verdict with its mark."),
        "tone": text("The verdict by which it is coloured."),
        "sentence": text("Why the verdict is what it is."),
        "facts": list_of(fact, "[name, value] of what else is known."),
    }
    return closed_record_of(properties, "What stands first.")


def _section() -> Schema:
    gate = {
        "rule": text("The rule."),
        "verdict": text("What it decides."),
        "word": text("The same with its mark."),
        "detail": text("Why it decides so."),
        "filters": map_of(_TEXT, "The filters of the list that show its cases."),
    }
    properties = {
        "title": text("The title."),
        "lines": texts("Sentences below it."),
        "notes": texts("What must be known to read it."),
        "code": text("A fingerprint; empty for none."),
        "gates": list_of(closed_record_of(gate, "One rule."), "The rules of a gate."),
        "tables": list_of(part("table", "One of them."), "Its tables."),
        "drawn": {"type": "object", "description": "Figures to draw, each of a kind of its own."},
    }
    return closed_record_of(properties, "A part of a page.")


def _table() -> Schema:
    """Text in rows; `estimates` are [low, value, high] of each row, `counts` the numbers of each row."""
    numbers = {"type": "array", "items": {"type": ["number", "null"]}}
    properties = {
        "title": text("The title."),
        "heads": texts("The heads of its columns."),
        "rows": list_of({"type": "array", "items": _TEXT}, "Its cells, row by row."),
        "texts": count("How many columns, from the left, are texts; the others are numbers."),
        "estimates": list_of(numbers, "[low, value, high] of each row."),
        "counts": list_of(
            {"type": "array", "items": {"type": "integer", "minimum": 0}}, "The numbers of each row."
        ),
        "links": texts("The address that each row leads to."),
        "differences": list_of(numbers, "Of each row, a difference with its interval and margin."),
    }
    return closed_object_of(["title", "heads", "rows", "texts"], properties, "A table.")


def _listed() -> Schema:
    """A row of the list. A score is [value, passed, status]; `column` is a place in `columns`."""
    score = {
        "type": "array",
        "prefixItems": [{"type": ["number", "null"]}, {"type": ["boolean", "null"]}, _TEXT],
    }
    properties = {
        "column": count("Where it comes from: a place in `columns`."),
        "replicate": count("Which repeat of the case it is, from 0."),
        "verdict": one_of(_VERDICTS, "The verdict of the case."),
        "id": text("The id of the case."),
        "outcome": text("How the call ended: ok, invalid, refused, truncated, filtered or error."),
        "inputs": text("The beginning of its inputs."),
        "expected": text("The beginning of what is expected."),
        "output": text("The beginning of the output."),
        "text": text("What a search in the list looks through."),
        "latency_ms": {"type": "number", "description": "The time of the case, in milliseconds."},
        "scores": map_of(score, "[value, passed, status] of each scorer."),
        "tags": map_of(_TEXT, "The tags of the case."),
    }
    more = {
        "why": text("Why the case does not pass."),
        "reason": text("The stage that lost the answer, the kind of error, or how the output ended."),
        "fails": texts("The scorers that it does not pass."),
    }
    return closed_object_of(list(properties), {**properties, **more}, "A row of the list.")


def _case() -> Schema:
    """A row in full, as `show --case` has it."""
    value = {"text": text("The text, cut where it is long."), "length": count("The length of the whole.")}
    place = {
        "doc": text("The document."),
        "start": count("The first character."),
        "end": count("The character behind the last."),
        "quote": text("The text there."),
    }
    mark = {"type": "array", "prefixItems": [_TEXT, {"enum": ["", "good", "bad"]}]}
    line = {
        "label": text("What the line is."),
        "text": text("Its text."),
        "marks": list_of(mark, "[words, tone] of what is marked behind it."),
        "words": text("The words of the passage that the line names."),
        "images": texts("Data URLs of the images that the line names."),
    }
    quote = {"type": "array", "prefixItems": [{"type": "integer", "minimum": 1}, _TEXT]}
    found = {
        "name": text("The name of the part."),
        "text": text("Its text, where it is one."),
        "lines": list_of(
            closed_object_of(["label", "text"], line, "One line."), "Its lines, where it has some."
        ),
        "left_out": count("Lines that are not shown."),
    }
    properties = {
        "verdict": one_of(_VERDICTS, "The verdict of the case."),
        "why": text("Why it does not pass."),
        "expected": closed_record_of(value, "What is expected."),
        "output": closed_record_of(value, "The output."),
        "gold": list_of(closed_object_of([], place, "One place."), "The places in documents that answer it."),
        "parts": list_of(closed_object_of(["name"], found, "One part."), "What else is known of the case."),
        "quotes": list_of(quote, "[number of a passage, words of it that the answer quotes]."),
        "evidence": map_of(_TEXT, "What a score rests on, as JSON text, by scorer."),
        "calls": count("The calls of models that it made, those of judges too."),
    }
    return closed_record_of(properties, "A row in full.")


def _exchanges() -> Schema:
    """The calls of a row of which the request and the reply are kept."""
    properties = {
        "role": text("Empty, `user` for a simulated user, or the scorer whose judge it is."),
        "model": text("The model that was asked."),
        "served_by": one_of(("live", "cache", "replay"), "Where the reply comes from."),
        "request": text("What was sent, as JSON text."),
        "response": text("What came back, as JSON text."),
    }
    return list_of(closed_record_of(properties, "One call."), "The calls of a row.")


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
