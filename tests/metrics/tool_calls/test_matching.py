"""One call beside an expected one: schemas, defaults, what is left out."""

from typing import Any

import pytest
from pydantic import BaseModel

from prompteval.core.case import ExpectedCall
from prompteval.core.trace import ToolCall
from prompteval.metrics.tool_calls.matching import CallRules, match_call, wanted_calls
from prompteval.metrics.tool_calls.schemas import read_tools
from prompteval.metrics.tool_calls.values import ValueRules

VALUES = ValueRules(lambda pattern, text: pattern in text)
PARAMETERS = {
    "type": "object",
    "properties": {
        "n": {"type": "integer"},
        "rate": {"type": "float"},
        "unit": {"type": "string", "default": "cm"},
        "tags": {"type": "array", "items": {"type": "number"}},
        "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
    },
    "required": ["n"],
}


def faults(
    expected: dict[str, Any], given: dict[str, Any], definition: Any = None, **rules: Any
) -> list[str]:
    """What differs, as kind and place, under the schema above or without one."""
    tools = read_tools([definition]) if definition is not None else {}
    (wanted,) = wanted_calls([ExpectedCall("f", expected)])
    found = match_call(wanted, ToolCall("f", given), CallRules(VALUES, tools=tools, **rules))
    assert found.right + len(found.differences) == found.compared
    return [f"{one.kind} {'.'.join(map(str, one.place))}" for one in found.differences]


TYPED = {"name": "f", "parameters": PARAMETERS}


@pytest.mark.parametrize(
    ("expected", "given", "told"),
    [
        ({"n": 5}, {"n": 5}, []),
        ({"n": 5}, {"n": 5.0}, ["type n"]),
        ({"n": 5}, {"n": True}, ["type n"]),
        ({"n": 5}, {"n": "5"}, ["type n"]),
        ({"n": 5.0}, {"n": 5.0}, []),
        ({"n": 5, "rate": 2.0}, {"n": 5, "rate": 2}, []),
        ({"n": 5, "tags": [1.0, 2]}, {"n": 5, "tags": [1, 2.0]}, []),
        ({"n": 5, "tags": {"$any": True}}, {"n": 5, "tags": 3}, ["type tags"]),
        ({"n": 5, "colour": 1}, {"n": 5, "colour": 1}, ["unknown colour"]),
        ({"n": {"$one_of": [5], "$omit": True}}, {}, ["missing n"]),
        ({}, {}, ["missing n"]),
        ({"n": 5}, {"n": 5, "unit": "cm"}, []),
        ({"n": 5}, {"n": 5, "unit": "m"}, ["unexpected unit"]),
        ({"n": 5, "unit": "cm"}, {"n": 5}, []),
        ({"n": 5, "unit": "m"}, {"n": 5}, ["missing unit"]),
        ({"n": 5, "unit": {"$one_of": ["cm"], "$omit": False}}, {"n": 5}, ["missing unit"]),
        ({"n": 5, "unit": {"$one_of": ["m"], "$omit": True}}, {"n": 5}, []),
        ({"n": 5, "maybe": None}, {"n": 5}, []),
        ({"n": 5, "maybe": 3}, {"n": 5, "maybe": 3.0}, ["type maybe"]),
    ],
)  # fmt: skip
def test_arguments_are_compared_after_the_schema(expected: Any, given: Any, told: list[str]) -> None:
    """Types, required ones, unknown ones, defaults; a value of the case's own type is let through."""
    assert faults(expected, given, TYPED) == told


@pytest.mark.parametrize(
    ("expected", "given", "told"),
    [
        ({"n": 5}, {"n": 5.0}, []),
        ({"n": 1}, {"n": True}, ["differs n"]),
        ({}, {"n": 5}, ["unexpected n"]),
        ({"n": 5, "m": 1}, {"n": 5}, ["missing m"]),
        ({"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [1, {"c": 3}]}}, ["differs a.b.1.c"]),
    ],
)
def test_without_a_schema_arguments_are_json_values(expected: Any, given: Any, told: list[str]) -> None:
    """Equal by value, true apart from 1, nothing beside what is expected."""
    assert faults(expected, given) == told


def test_ignored_arguments_are_not_looked_at() -> None:
    """Neither their value nor whether they are there, required or known."""
    ignore = frozenset({"n", "colour"})
    assert faults({"n": 5}, {"colour": 1}, TYPED, ignore=ignore) == []


def test_a_call_without_readable_arguments_never_fits() -> None:
    """Not even where none is expected."""
    (wanted,) = wanted_calls([ExpectedCall("f")])
    found = match_call(wanted, ToolCall("f", {}, unread="{oops"), CallRules(VALUES))
    assert not found.fits and (found.right, found.compared) == (0, 1)


class _Inner(BaseModel):
    size: int
    next: "_Inner | None" = None


class _Outer(BaseModel):
    inner: _Inner
    sizes: list[int] | None = None
    either: int | str = 0


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda schema: {"type": "function", "function": {"name": "f", "parameters": schema}},
        lambda schema: {"type": "function", "name": "f", "parameters": schema},
        lambda schema: {"name": "f", "input_schema": schema},
        lambda schema: {"name": "f", "inputSchema": schema},
    ],
)
def test_definitions_of_every_form_and_pydantics_schemas_are_read(wrapped: Any) -> None:
    """References are followed, one within itself too, and a choice has the types of all its options."""
    definition = wrapped(_Outer.model_json_schema())
    inner = {"size": {"$any": True}, "next": {"$any": True, "$omit": True}}
    expected = {"inner": inner, "sizes": {"$any": True, "$omit": True}, "either": {"$any": True}}
    assert faults(expected, {"inner": {"size": 1}, "either": "x"}, definition) == []
    assert faults(expected, {"inner": {"size": 1.5}, "either": 1}, definition) == ["type inner.size"]
    assert faults(expected, {"inner": {"size": 1}, "sizes": 3, "either": 1}, definition) == ["type sizes"]
    assert faults(expected, {"inner": {"size": 1}, "either": 1.5}, definition) == ["type either"]


@pytest.mark.parametrize(
    "definitions", [{}, "x", [3], [{"parameters": {}}], [{"name": "f", "parameters": 3}]]
)
def test_what_is_no_definition_is_refused(definitions: Any) -> None:
    """A list of mappings with a name, and an object as the schema."""
    with pytest.raises(ValueError, match="tool"):
        read_tools(definitions)


def test_schemas_that_refer_to_each_other_are_read_once() -> None:
    """Thirty definitions of two references each are no 2^30 schemas."""
    twice = {f"d{n}": {"properties": {key: {"$ref": f"#/$defs/d{n + 1}"} for key in "ab"}} for n in range(60)}
    found = read_tools([{"name": "f", "parameters": {"$ref": "#/$defs/d0", "$defs": twice}}])["f"]
    assert set(found.arguments) == {"a", "b"}
