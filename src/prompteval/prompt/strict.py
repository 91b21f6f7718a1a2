"""What of an output's schema no strict server accepts, found before anything is sent.

The limits are those of OpenAI's Structured Outputs guide: 5,000 properties, 10 levels of objects, 1,000
values of enums, 120,000 characters of names and values.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

MOST_PROPERTIES: Final = 5_000
MOST_LEVELS: Final = 10
MOST_VALUES: Final = 1_000
MOST_CHARACTERS: Final = 120_000
# Of one enum of texts with more than this many values.
LARGE_ENUM: Final = 250
MOST_ENUM_CHARACTERS: Final = 15_000
REFUSED = (
    "allOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties",
    "propertyNames", "minProperties", "maxProperties", "unevaluatedProperties", "unevaluatedItems",
    "contains", "minContains", "maxContains", "prefixItems",
)  # fmt: skip
_MAP = "use a list of objects with a key and a value"
_OWN = "#/$defs/"
Pointer = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """What cannot be sent: the output's field it is in, why, and what to write in its place."""

    field: str
    message: str
    help: str


def strict_faults(schema: Mapping[str, Any]) -> list[SchemaFault]:
    """Everything in a schema made by `strict_schema` that a strict server refuses, or cannot fill."""
    return [*_SchemaWalk(schema).faults()]


class _SchemaWalk:
    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._definitions = schema.get("$defs", {})
        self._depths: dict[str, int] = {}
        self._properties = self._values = self._characters = 0

    def faults(self) -> Iterator[SchemaFault]:
        root = {key: value for key, value in self._schema.items() if key != "$defs"}
        seen: set[str] = set()
        yield from self._node(root, (), seen)
        for name, node in self._definitions.items():
            self._characters += len(name)
            if name not in seen:
                yield from self._node(node, (name,), {*seen, name})
        for count, most, what in (
            (self._properties, MOST_PROPERTIES, "properties"),
            (self._values, MOST_VALUES, "values of enums"),
            (self._characters, MOST_CHARACTERS, "characters of names and values"),
        ):
            if count > most:
                yield SchemaFault(
                    "", f"{count:,} {what}, a strict schema allows at most {most:,}", "ask for less"
                )
        levels = self._levels(root, frozenset())
        if levels > MOST_LEVELS:
            message = f"{levels} levels of objects, a strict schema allows at most {MOST_LEVELS}"
            yield SchemaFault("", message, "make the output flatter")

    def _node(self, node: Mapping[str, Any], place: Pointer, seen: set[str]) -> Iterator[SchemaFault]:
        field = ".".join(place)
        reference = node.get("$ref")
        if isinstance(reference, str):
            name = reference.removeprefix(_OWN)
            if name in self._definitions and name not in seen:
                seen.add(name)
                yield from self._node(self._definitions[name], place, seen)
            return
        yield from self._own(node, field)
        for name, child in node.get("properties", {}).items():
            self._properties += 1
            self._characters += len(name)
            yield from self._node(child, (*place, name), seen)
        items = node.get("items")
        for part in (*node.get("anyOf", ()), *((items,) if isinstance(items, Mapping) else ())):
            yield from self._node(part, place, seen)

    def _own(self, node: Mapping[str, Any], field: str) -> Iterator[SchemaFault]:
        if node.get("type") == "object" and "properties" not in node:
            yield SchemaFault(
                field, "a strict schema allows no open mapping: the model could only answer {}", _MAP
            )
            return
        for keyword in REFUSED:
            if keyword in node:
                message = f"a strict schema does not allow {keyword!r}"
                yield SchemaFault(field, message, "declare the field without it, and check it in a validator")
        if not node.keys() & {"type", "anyOf", "enum", "const"}:
            yield SchemaFault(
                field, "a strict schema needs a type, and any value is allowed here", "declare its type"
            )
        if node.get("type") == "array" and not isinstance(node.get("items"), Mapping):
            yield SchemaFault(
                field, "a strict schema needs the type of a list's items", "write list[str], say"
            )
        values = node.get("enum", [node["const"]] if "const" in node else [])
        texts = [value for value in values if isinstance(value, str)]
        self._values += len(values) if "enum" in node else 0
        self._characters += sum(map(len, texts))
        if len(values) > LARGE_ENUM and sum(map(len, texts)) > MOST_ENUM_CHARACTERS:
            message = f"an enum of over {LARGE_ENUM} values has at most {MOST_ENUM_CHARACTERS:,} characters"
            yield SchemaFault(field, message, "shorten the labels")

    def _levels(self, node: Mapping[str, Any], inside: frozenset[str]) -> int:
        reference = node.get("$ref")
        if isinstance(reference, str):
            name = reference.removeprefix(_OWN)
            if name in inside or name not in self._definitions:
                return 0
            if name not in self._depths:
                self._depths[name] = self._levels(self._definitions[name], inside | {name})
            return self._depths[name]
        items = node.get("items")
        children = [*node.get("properties", {}).values(), *node.get("anyOf", ())]
        children += [items] if isinstance(items, Mapping) else []
        deepest = max((self._levels(child, inside) for child in children), default=0)
        return deepest + (node.get("type") == "object")
