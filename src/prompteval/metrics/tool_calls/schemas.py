"""What a tool's definition says of its arguments: which there are, which must be given, their types."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

# The words for one type in JSON Schema, in Python's style and in that of BFCL, where `any` is a text.
_TYPES: Mapping[str, str] = {
    "string": "string", "str": "string", "any": "string",
    "integer": "integer", "int": "integer",
    "number": "number", "float": "number", "double": "number",
    "boolean": "boolean", "bool": "boolean",
    "array": "array", "list": "array", "tuple": "array",
    "object": "object", "dict": "object",
    "null": "null", "none": "null",
}  # fmt: skip
TYPE_NAMES: Mapping[str, str] = {
    "string": "a string", "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "array": "a list", "object": "an object", "null": "null",
}  # fmt: skip
_UNIONS = ("anyOf", "oneOf")


@dataclass(frozen=True, slots=True)
class ValueSchema:
    """The schema of one value. `types` are those it may have, None where the schema does not say."""

    types: frozenset[str] | None = None
    items: "ValueSchema | None" = None
    properties: "Mapping[str, ValueSchema]" = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    default: tuple[Any, ...] = ()

    @property
    def type_names(self) -> str:
        """The types as a message names them."""
        return " or ".join(TYPE_NAMES[name] for name in sorted(self.types or ()))

    def takes(self, value: object) -> bool:
        """Whether a value has one of the types; 5.0 is not a whole number, and true is not a number."""
        if self.types is None:
            return True
        kind = type_of(value)
        return kind in self.types or (kind == "integer" and "number" in self.types)


@dataclass(frozen=True, slots=True)
class ToolSchema:
    """A tool's arguments. `open` says that it takes others than those it names."""

    arguments: Mapping[str, ValueSchema]
    required: frozenset[str] = frozenset()
    open: bool = False


def type_of(value: object) -> str:
    """The JSON type of a value, `integer` for a number that is written without a point."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "object" if isinstance(value, Mapping) else "array"


def read_tools(definitions: object) -> dict[str, ToolSchema]:
    """Tools by name, from a list of definitions.

    A definition is `{"name", "parameters"}`, the same below `function` as the chat API has it, or with
    `input_schema` or `inputSchema` for `parameters`. Raises ValueError for anything else.
    """
    if not isinstance(definitions, list | tuple):
        raise ValueError("tools must be a list of definitions")
    return dict(_tool(one, number) for number, one in enumerate(definitions, 1))


def _tool(definition: object, number: int) -> tuple[str, ToolSchema]:
    inner = definition.get("function") if isinstance(definition, Mapping) else None
    found = inner if isinstance(inner, Mapping) else definition
    if not isinstance(found, Mapping) or not isinstance(found.get("name"), str):
        raise ValueError(
            f'tool {number} is not a definition such as {{"name": "...", "parameters": {{...}}}}'
        )
    keys = (key for key in ("parameters", "input_schema", "inputSchema") if found.get(key) is not None)
    parameters = found.get(next(keys, ""), {})
    if not isinstance(parameters, Mapping):
        raise ValueError(f"the parameters of tool {found['name']!r} must be an object, a JSON Schema")
    read = _Reader(parameters).read(parameters)
    return found["name"], ToolSchema(
        read.properties, read.required, bool(parameters.get("additionalProperties", False))
    )


class _Reader:
    """Reads the schemas of one definition, whose `$defs` they may refer to."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._definitions = {
            f"#/{key}/{name}": schema
            for key in ("$defs", "definitions")
            if isinstance(root.get(key), Mapping)
            for name, schema in root[key].items()
        }
        self._read: dict[str, ValueSchema] = {}

    def read(self, schema: object) -> ValueSchema:
        """One schema; what is not understood says nothing."""
        if not isinstance(schema, Mapping):
            return ValueSchema()
        found = self._referred(schema["$ref"]) if isinstance(schema.get("$ref"), str) else self._own(schema)
        return replace(found, default=(schema["default"],)) if "default" in schema else found

    def _referred(self, reference: str) -> ValueSchema:
        """What a reference means; within itself it says nothing, so that reading ends."""
        if reference not in self._read:
            self._read[reference] = ValueSchema()
            self._read[reference] = self.read(self._definitions.get(reference))
        return self._read[reference]

    def _own(self, schema: Mapping[str, object]) -> ValueSchema:
        options = [self.read(one) for key in _UNIONS for one in _listed(schema.get(key))]
        properties, items = schema.get("properties"), schema.get("items")
        if isinstance(properties, Mapping) or isinstance(items, Mapping):
            options.append(
                ValueSchema(
                    items=self.read(items) if isinstance(items, Mapping) else None,
                    properties={str(name): self.read(one) for name, one in properties.items()}
                    if isinstance(properties, Mapping)
                    else {},
                )
            )
        # Of a choice such as "a list or null", what the one with parts says of them.
        parts = [one for one in options if one.items is not None or one.properties]
        inner = parts[0] if len(parts) == 1 else ValueSchema()
        required = frozenset(name for name in _listed(schema.get("required")) if isinstance(name, str))
        return ValueSchema(_types(schema, options), inner.items, inner.properties, required)


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _types(schema: Mapping[str, object], options: list[ValueSchema]) -> frozenset[str] | None:
    """The types that a schema names, else those of its options together; None where any may be."""
    written = schema.get("type")
    if written is None:
        named = [one.types for one in options]
        known = [types for types in named if types is not None]
        return frozenset().union(*known) if known and len(known) == len(named) else None
    words = written if isinstance(written, list | tuple) else [written]
    found = {_TYPES.get(word.lower()) if isinstance(word, str) else None for word in words}
    return None if None in found or not found else frozenset(name for name in found if name is not None)
