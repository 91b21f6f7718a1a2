"""The strict JSON schema that a model must meet, from a pydantic model.

What servers accept as strict is a subset of JSON Schema (OpenAI, Structured Outputs, "Supported schemas").
What pydantic writes beyond it is rewritten where that keeps its meaning, else stated in the description. The
reply is held to the whole model in any case. `strict` finds what cannot be sent at all.
"""

import re
from typing import Any

from pydantic import BaseModel

from prompteval.prompt.strict import REFUSED
from prompteval.prompt.values import WRAPPED

Schema = dict[str, Any]
# What a strict schema may hold, and what it may not, which `strict` tells; anything else is left out.
_KEPT = frozenset(
    {
        "type", "enum", "const", "anyOf", "$ref", "$defs", "description", "properties", "required",
        "additionalProperties", "items", "minItems", "maxItems", "pattern", "format", "multipleOf", "maximum",
        "exclusiveMaximum", "minimum", "exclusiveMinimum", *REFUSED,
    }
)  # fmt: skip
# Checked by our own validation; the description states it for the model.
_TOLD = frozenset({"minLength", "maxLength", "uniqueItems", "contentMediaType", "contentEncoding"})
FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
_LOOKAROUND = re.compile(r"\(\?[=!<]|\\[1-9]")
# What pydantic writes for the text form of a decimal number; the number beside it says enough.
_DECIMAL = "(?!^[-+.]*$)"
# Definitions that are copied into each other grow fast.
MOST_NODES = 100_000
_TYPES = {bool: "boolean", str: "string", int: "integer", float: "number", type(None): "null"}


def strict_schema(model: type[BaseModel]) -> Schema:
    """The JSON schema of `model` in the strict form: every field required, nothing else allowed.

    Titles and defaults are dropped; definitions stay under `$defs`, and the root is an object
    itself, in a model that contains itself too; a root that is none is the one field of an object. Raises
    ValueError for a reference out of the schema: nothing is ever fetched.
    """
    whole = json_schema(model)
    schema = _Strict(whole.get("$defs", {})).node(whole)
    root = schema.pop("$ref", None)
    if root is not None:
        schema.update(schema["$defs"][root.removeprefix(_OWN)])
    return schema if schema.get("type") == "object" else _wrapped(schema)


def _wrapped(schema: Schema) -> Schema:
    definitions = {"$defs": schema.pop("$defs")} if "$defs" in schema else {}
    whole = {"properties": {WRAPPED: schema}, "required": [WRAPPED]}
    return {**definitions, **whole, "type": "object", "additionalProperties": False}


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """pydantic's schema of `model`. Raises ValueError for a reference that pydantic cannot follow."""
    try:
        return model.model_json_schema()
    except KeyError as error:
        raise ValueError(f"the schema refers to {error}; only definitions of its own are followed") from None


def refuse_slow_patterns(model: type[BaseModel]) -> None:
    """Raise ValueError where a field's pattern is searched by Python's own engine.

    pydantic's default engine takes linear time for any pattern; Python's may never end, and what
    it reads comes from cases and models.
    """
    todo: list[object] = [model.__pydantic_core_schema__]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            if node.get("regex_engine") == "python-re":
                raise ValueError(f"{model.__name__} sets regex_engine to python-re, which may never end")
            todo.extend(node.values())
        elif isinstance(node, list | tuple):
            todo.extend(node)


_OWN = "#/$defs/"


class _Strict:
    """Rewrites the nodes of one schema."""

    def __init__(self, definitions: Schema) -> None:
        self._definitions = definitions
        self._recursive = {name for name in definitions if name in _reached(name, definitions)}
        self._nodes = 0

    def node(self, raw: object) -> Any:
        if isinstance(raw, list):
            return [self.node(item) for item in raw]
        if not isinstance(raw, dict):
            return raw
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise ValueError(f"the schema of the output has over {MOST_NODES:,} parts")
        raw = self._merged(raw)
        found: Schema = {}
        parts: list[str] = []
        for key, value in raw.items():
            if key in ("properties", "$defs") and isinstance(value, dict):
                found[key] = {name: self.node(child) for name, child in value.items()}
            elif key == "oneOf":
                found["anyOf"] = self.node(value)
            elif key in _TOLD or _is_foreign(key, value):
                parts += [] if _DECIMAL in str(value) else [f"{key}: {value}"]
            elif key in _KEPT:
                found[key] = value if key in ("enum", "const", "required") else self.node(value)
        if parts:
            found["description"] = "\n".join([*filter(None, [found.get("description")]), *parts])
        return _closed(found)

    def _merged(self, raw: Schema) -> Schema:
        """A node without keywords beside `$ref`, and with the one part of an `allOf` in its place."""
        parts = raw.get("allOf")
        if isinstance(parts, list) and len(parts) == 1 and isinstance(parts[0], dict):
            raw = {**parts[0], **{key: value for key, value in raw.items() if key != "allOf"}}
        reference = raw.get("$ref")
        if not isinstance(reference, str):
            return raw
        if not reference.startswith(_OWN):
            raise ValueError(f"the schema refers to {reference!r}; only definitions of its own are followed")
        name = reference.removeprefix(_OWN)
        beside = {key: value for key, value in raw.items() if key != "$ref" and key in _KEPT | _TOLD}
        if not beside or "$defs" in beside or name not in self._definitions:
            return raw
        if name in self._recursive:  # it has no copy without an end
            return {"$ref": reference}
        return self._merged({**self._definitions[name], **beside})


def _closed(node: Schema) -> Schema:
    """An object with every property required, an enum with its types, a tuple as the list that it is."""
    if node.get("type") == "object":
        node["additionalProperties"] = False
        node["required"] = list(node.get("properties", {}))
    if "enum" in node and "type" not in node:
        kinds = list(dict.fromkeys(_TYPES[type(value)] for value in node["enum"] if type(value) in _TYPES))
        node["type"] = kinds[0] if len(kinds) == 1 else kinds
    if "prefixItems" in node and node.get("items", False) is False:
        parts = node.pop("prefixItems")
        kinds = [part for place, part in enumerate(parts) if part not in parts[:place]]
        node["items"] = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
        if len(kinds) > 1:
            order = "\n".join(filter(None, [node.get("description"), "The items in their order."]))
            node["description"] = order
    return node


def _is_foreign(key: str, value: object) -> bool:
    """Whether a format or pattern is one that servers do not know."""
    if not isinstance(value, str):
        return False
    return (key == "format" and value not in FORMATS) or (
        key == "pattern" and _LOOKAROUND.search(value) is not None
    )


def _reached(name: str, definitions: Schema) -> set[str]:
    """The definitions that one leads to, itself only where it contains itself."""
    found: set[str] = set()
    todo: list[object] = [definitions.get(name)]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            reference = node.get("$ref")
            inner = reference.removeprefix(_OWN) if isinstance(reference, str) else None
            if inner is not None and inner not in found:
                found.add(inner)
                todo.append(definitions.get(inner))
            todo.extend(node.values())
        elif isinstance(node, list):
            todo.extend(node)
    return found
