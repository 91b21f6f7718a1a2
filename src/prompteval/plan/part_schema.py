"""The JSON Schema of a chunker, retriever or reranker in a suite: a name, or a kind with its own options."""

from typing import Any

from prompteval.core.registry import resolve
from prompteval.workspace.rag_options import PART_OPTIONS, SHARED_OPTIONS
from prompteval.workspace.rag_section import OUTSIDE
from prompteval.workspace.validation import schema_of

DEFINITIONS = "$defs"


def part_schema(part: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the schema, what it refers to below `$defs`); a kind of a plug-in may have any options."""
    found: list[dict[str, Any]] = [{"type": "string", "minLength": 1}]
    definitions: dict[str, Any] = {}
    for kind, model in PART_OPTIONS[part].items():
        options = schema_of(model, kind)
        definitions |= options.pop(DEFINITIONS, {})
        own = {"const": kind, "description": _about(part, kind)}
        required = options.get("required", [])
        found.append({
            "type": "object",
            "properties": {"kind": own, **options["properties"]},
            "required": required if kind in OUTSIDE else ["kind", *required],
            "additionalProperties": False,
        })  # fmt: skip
    other = {
        "type": "string", "not": {"enum": list(PART_OPTIONS[part])},
        "description": f"The name of a {part} of an installed package.",
    }  # fmt: skip
    shared = SHARED_OPTIONS.get(part)
    properties = {"kind": other, **(schema_of(shared, part)["properties"] if shared else {})}
    found.append({"type": "object", "properties": properties, "required": ["kind"]})
    return {"anyOf": found}, definitions


def _about(part: str, kind: str) -> str:
    """The first line of what makes it."""
    return (resolve(f"prompteval.{part}s", kind).__doc__ or "").split("\n")[0]
