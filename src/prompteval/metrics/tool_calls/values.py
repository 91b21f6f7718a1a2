"""One value compared with what is expected of it: the first difference, or none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Literal

from prompteval.metrics.tool_calls.conditions import (
    Anything,
    Argument,
    Equal,
    Expected,
    Fields,
    Items,
    Near,
    OneOf,
    Pattern,
)
from prompteval.metrics.tool_calls.schemas import ValueSchema, type_of
from prompteval.metrics.tool_calls.strings import loosely_equal

Place = tuple[str | int, ...]
# Whether a regular expression is found in a text.
Search = Callable[[str, str], bool]
_UNTYPED = ValueSchema()


class Depth(Enum):
    """Where a value stands, which decides whether its text is compared loosely.

    BFCL does so for an argument, an item of a list and a field of an object; a list within either is compared
    as it is.
    """

    ARGUMENT = 1
    ITEM = 2
    FIELD = 3
    WITHIN = 4

    def of_item(self) -> "Depth":
        return Depth.ITEM if self is Depth.ARGUMENT else Depth.WITHIN

    def of_field(self) -> "Depth":
        return Depth.WITHIN if self is Depth.WITHIN else Depth.FIELD


@dataclass(frozen=True, slots=True)
class ValueRules:
    """How values are compared: texts loosely or exactly, and what searches a text."""

    search: Search
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a call is not what is expected. `place` begins with the name of the argument.

    `expected` is what was wanted there, `schema` what a value of the wrong type should have been.
    """

    kind: Literal["differs", "missing", "unexpected", "unknown", "type"]
    place: Place
    given: Any = None
    expected: Expected | None = None
    schema: ValueSchema | None = None

    def below(self, part: str | int) -> "Difference":
        """The same, seen from the value that holds it."""
        return replace(self, place=(part, *self.place))


def difference(
    value: object,
    expected: Expected,
    rules: ValueRules,
    schema: ValueSchema = _UNTYPED,
    depth: Depth = Depth.ARGUMENT,
) -> Difference | None:
    """The first place where a value is not what is expected.

    A value has a type of the schema, or that of the first value that is expected: the case knows better. A
    number is equal by its value; true is not 1.
    """
    if not schema.takes(value) and type_of(value) != _first_type(expected):
        return Difference("type", (), value, expected, schema)
    match expected:
        case OneOf():
            return _none_of(value, expected, rules, schema, depth)
        case Items():
            return _items(value, expected, rules, schema, depth)
        case Fields():
            return _fields(value, expected, rules, schema, depth)
        case _:
            return (
                None if _holds(value, expected, rules, depth) else Difference("differs", (), value, expected)
            )


def same_json(one: object, other: object) -> bool:
    """Equality of JSON values: numbers by value, true and 1 apart, keys in any order."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same_json(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same_json, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def may_be_absent(argument: Argument, schema: ValueSchema, rules: ValueRules, depth: Depth) -> bool:
    """Whether an argument or key may be left out: the case says so, or its default is what is expected."""
    if argument.omit is not None or not schema.default:
        return bool(argument.omit)
    return difference(schema.default[0], argument.expected, rules, depth=depth) is None


def _holds(value: object, expected: Expected, rules: ValueRules, depth: Depth) -> bool:
    match expected:
        case Equal(value=wanted, exactly=exactly):
            if isinstance(wanted, str) and isinstance(value, str) and not exactly:
                is_loose = rules.loose and depth is not Depth.WITHIN
                return loosely_equal(wanted, value) if is_loose else wanted == value
            return same_json(wanted, value)
        case Pattern(regex=regex):
            return isinstance(value, str) and rules.search(regex, value)
        case Near():
            return isinstance(value, int | float) and not isinstance(value, bool) and expected.holds(value)
        case _:
            return isinstance(expected, Anything)


def _none_of(
    value: object, expected: OneOf, rules: ValueRules, schema: ValueSchema, depth: Depth
) -> Difference | None:
    found = [difference(value, option, rules, schema, depth) for option in expected.options]
    if None in found:
        return None
    return found[0] if len(found) == 1 else Difference("differs", (), value, expected)


def _items(
    value: object, expected: Items, rules: ValueRules, schema: ValueSchema, depth: Depth
) -> Difference | None:
    if not isinstance(value, list | tuple) or len(value) != len(expected.items):
        return Difference("differs", (), value, expected)
    within = schema.items or _UNTYPED
    for index, (item, wanted) in enumerate(zip(value, expected.items, strict=True)):
        found = difference(item, wanted, rules, within, depth.of_item())
        if found is not None:
            return found.below(index)
    return None


def _fields(
    value: object, expected: Fields, rules: ValueRules, schema: ValueSchema, depth: Depth
) -> Difference | None:
    if not isinstance(value, Mapping):
        return Difference("differs", (), value, expected)
    inner = depth.of_field()
    for name, item in value.items():
        wanted = expected.fields.get(name)
        known = schema.properties.get(name, _UNTYPED)
        if wanted is None:
            if known.default and same_json(item, known.default[0]):
                continue
            return Difference("unexpected", (name,), item)
        found = difference(item, wanted.expected, rules, known, inner)
        if found is not None:
            return found.below(name)
    for name, wanted in expected.fields.items():
        known = schema.properties.get(name, _UNTYPED)
        if name not in value and not may_be_absent(wanted, known, rules, inner):
            return Difference("missing", (name,), None, wanted.expected)
    return None


def _first_type(expected: Expected) -> str:
    """The type of the first value that is expected; empty for a condition on any."""
    match expected:
        case OneOf(options=options):
            return _first_type(options[0])
        case Items():
            return "array"
        case Fields():
            return "object"
        case Equal(value=value) | Near(value=value):
            return type_of(value)
        case Pattern():
            return "string"
        case _:
            return ""
