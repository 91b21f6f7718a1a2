"""F38: JSON of strangers, read with bounds."""

import json
from typing import Any

import pytest

from prompteval.core.strict_json import MOST_CONTAINERS, MOST_DEEP, excess, json_type_name, loads


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize(
    "text",
    [
        nested(MOST_DEEP + 1), nested(5000), "[" * 200_000, '{"a":' * 150 + "1" + "}" * 150, "9" * 5000, "NaN", "-Infinity",
        "1e999", "", "{", b"\xff\xfe{\x00}\x00", b'"\xff"', '{"a": 1} x',
    ],
)  # fmt: skip
def test_f38_what_is_not_plain_json_is_a_value_error(text: str | bytes) -> None:
    """Deep, huge, NaN, cut, in another encoding: one kind of error, whatever the parser makes of it."""
    with pytest.raises(ValueError):
        loads(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (nested(MOST_DEEP), json.loads(nested(MOST_DEEP))), (b"\xef\xbb\xbf{}", {}), ("\ufeff[1]", [1]), ("9" * 400, int("9" * 400)),
        ('"\\ud800"', "\ud800"), ('["' + "[" * 500 + '"]', ["[" * 500]),
    ],
)  # fmt: skip
def test_plain_json_is_read_exactly(text: str | bytes, value: Any) -> None:
    """A byte order mark, a long integer, a lone surrogate, brackets inside a text."""
    assert loads(text) == value


def test_f15_nan_may_be_none() -> None:
    """For servers that write NaN where they have no figure."""
    assert loads("[NaN, -Infinity, 1e999, 1.5]", nan_is_null=True) == [None, None, None, 1.5]


def test_a_type_has_the_name_that_style_gives_it() -> None:
    """A number without a point is a whole number, and true is none."""
    values = ["a", 1, 1.5, True, None, [], {}]
    assert [json_type_name(one) for one in values] == [
        "a string", "a whole number", "a number", "true or false", "null", "a list", "an object",
    ]  # fmt: skip


def test_depth_is_found_in_what_refers_to_much() -> None:
    """Lists, tuples and objects count; width does not."""
    assert "deeper" in excess(json.loads(nested(MOST_DEEP + 1))) and not excess([[{}] * 1000, "x", (1,)])


def test_f39_a_text_of_empty_objects_is_refused() -> None:
    """Three characters each, and seventy bytes in memory."""
    with pytest.raises(ValueError, match="lists and objects"):
        loads("[" + "{}," * MOST_CONTAINERS + "{}]")


def test_b2_a_key_that_an_object_has_twice_may_be_refused() -> None:
    """Named, at any depth; a server may send it, and the last one counts."""
    text = '{"a": [{"text": "yes", "text": "no"}]}'
    assert loads(text) == {"a": [{"text": "no"}]}
    with pytest.raises(ValueError, match="duplicate key 'text' in one object"):
        loads(text, unique_keys=True)
