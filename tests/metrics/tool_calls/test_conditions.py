"""Conditions on arguments: what each takes, and what says nothing."""

import re
from typing import Any

import pytest

from prompteval.metrics.tool_calls.conditions import WrongCondition, read_arguments
from prompteval.metrics.tool_calls.schemas import ValueSchema
from prompteval.metrics.tool_calls.values import ValueRules, difference

EXACT = ValueRules(lambda pattern, text: re.search(pattern, text) is not None)
LOOSE = ValueRules(EXACT.search, loose=True)


def takes(expected: Any, value: Any, rules: ValueRules = EXACT, schema: ValueSchema | None = None) -> bool:
    """Whether a value is what is expected."""
    argument = read_arguments({"a": expected})["a"]
    return difference(value, argument.expected, rules, schema or ValueSchema()) is None


@pytest.mark.parametrize(
    ("expected", "right", "wrong"),
    [
        (1, [1, 1.0], [True, "1", 2, None, [1]]),
        (True, [True], [1, "true", False]),
        (None, [None], [0, "", False, []]),
        ("a b", ["a b"], ["A b", "ab", "a b "]),
        ([1, "x"], [[1, "x"], [1.0, "x"]], [["x", 1], [1], [1, "x", 2], {"0": 1}, "1x"]),
        ({"n": {"m": 1}}, [{"n": {"m": 1}}], [{"n": {"m": True}}, {"n": {}}, {"n": {"m": 1, "o": 2}}, {}]),
        ({"$one_of": ["a", 2, ["b"]]}, ["a", 2, ["b"]], ["b", None, []]),
        ({"$regex": "^h.llo"}, ["hello", "hallo you"], ["oh hello", 5, None]),
        ({"$near": 1.5, "$abs_tol": 0.1}, [1.5, 1.6, 1.4], [1.7, "1.5", True, None]),
        ({"$any": True}, [0, "", None, [1], {"a": 1}], []),
        ({"$literal": {"$gt": 5}}, [{"$gt": 5}], [{"$gt": 6}, 5]),
        ([{"id": {"$any": True}, "n": 1}], [[{"id": 9, "n": 1}]], [[{"n": 1}], [{"id": 9, "n": 2}]]),
        ({"a": {"$one_of": [1], "$omit": True}}, [{}, {"a": 1}], [{"a": 2}, {"b": 1}]),
        ({"$one_of": [{"k": {"$near": 2, "$abs_tol": 1}}]}, [{"k": 3}], [{"k": 4}, {}]),
    ],
)  # fmt: skip
def test_what_a_condition_takes(expected: Any, right: list[Any], wrong: list[Any]) -> None:
    """Values as JSON: numbers by value, true apart from 1, lists in order, keys in any."""
    assert [value for value in right if not takes(expected, value)] == []
    assert [value for value in wrong if takes(expected, value)] == []


@pytest.mark.parametrize(
    ("raw", "place", "told"),
    [
        ({"$oneof": [1]}, ("a",), "unknown key '$oneof' in a condition"),
        ({"$any": True, "note": 1}, ("a",), "unknown key 'note' in a condition"),
        ({"$one_of": []}, ("a",), "$one_of must be a non-empty list"),
        ({"$one_of": "x"}, ("a",), "$one_of must be a non-empty list"),
        ({"$regex": 5}, ("a",), "$regex must be a non-empty string"),
        ({"$near": 1}, ("a",), "$near needs $abs_tol"),
        ({"$near": "1", "$abs_tol": 1}, ("a",), "$near must be a number"),
        ({"$near": 1, "$abs_tol": -1}, ("a",), "$abs_tol must be a number from 0"),
        ({"$near": 1, "$abs_tol": True}, ("a",), "$abs_tol must be a number from 0"),
        ({"$near": 10**400, "$abs_tol": 1}, ("a",), "$near must be a number"),
        ({"$any": False}, ("a",), "$any must be true"),
        ({"$omit": True}, ("a",), "$omit has no meaning alone"),
        ({"$any": True, "$omit": 1}, ("a",), "$omit must be true or false"),
        ({"$any": True, "$regex": "x"}, ("a",), "$any and $regex exclude each other"),
        ({"$any": True, "$abs_tol": 1}, ("a",), "$abs_tol does not go with $any"),
        ([1, {"$any": True, "$omit": True}], ("a", 1), "$omit is for an argument or a key of an object"),
        ({"x": [{"y": {"$wrong": 1}}]}, ("a", "x", 0, "y"), "unknown key '$wrong'"),
        ({"$one_of": [1, {"$any": 0}]}, ("a", "$one_of", 1), "$any must be true"),
    ],
)  # fmt: skip
def test_a_condition_that_says_nothing_is_named_with_its_place(raw: Any, place: Any, told: str) -> None:
    """However deep it stands."""
    with pytest.raises(WrongCondition, match=re.escape(told)) as caught:
        read_arguments({"a": raw})
    assert caught.value.place == place


@pytest.mark.parametrize(
    ("expected", "value", "right"),
    [
        ("New York, NY", "new-york ny", True),
        ("it's", 'IT"S', True),
        ("a\tb", "ab", False),
        (["Blue", "red"], ["blue", "R E D"], True),
        ({"k": "Blue"}, {"k": "blue"}, True),
        ([{"k": "Blue"}], [{"k": "blue"}], True),
        ({"k": ["Blue"]}, {"k": ["blue"]}, False),
        ([["Blue"]], [["blue"]], False),
        ({"$literal": "Blue"}, "blue", False),
        (5, "5", False),
    ],
)
def test_loose_texts_are_those_of_bfcl(expected: Any, value: Any, right: bool) -> None:
    """Arguments, items and fields without case, spaces and , . / - _ * ^; lists within those as they are."""
    assert takes(expected, value, LOOSE) is right
