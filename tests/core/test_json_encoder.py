"""An encoder that is made once writes what one of the standard library writes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.json_encoder import json_encoder

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text() | st.integers() | st.booleans() | st.none(), inner, max_size=4)
        | st.tuples(inner, inner)
    ),
    max_leaves=12,
)


@given(values)
def test_text_is_that_of_the_standard_library(value: object) -> None:
    """Every value has the same text, lone surrogates, texts alone and keys that are no texts included."""
    plain = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    assert json_encoder()(value) == plain
    assert json_encoder(separators=(", ", ": "))(value) == json.dumps(value)


@given(st.dictionaries(st.text(), values, max_size=6))
def test_keys_are_sorted_as_the_standard_library_sorts_them(value: dict[str, Any]) -> None:
    """The keys of an object are in order where they are to be."""
    mapping = {"a": {str(key): 1 for key in value}, **dict.fromkeys(value, 1)}
    expected = json.dumps(mapping, sort_keys=True, separators=(",", ":"))
    assert json_encoder(sort_keys=True)(mapping) == expected


def test_what_holds_itself_is_a_value_error_and_nothing_of_it_stays() -> None:
    """A list in itself is refused as by the standard library, and the encoder works afterwards."""
    encode, loop = json_encoder(), list[object]()
    loop.append({"a": loop})
    with pytest.raises(ValueError, match="Circular"):
        encode(loop)
    loop.clear()
    assert encode([loop, loop]) == "[[],[]]"


@pytest.mark.parametrize(
    ("value", "error"), [(float("nan"), ValueError), ([float("inf")], ValueError), ({"a": {1}}, TypeError)]
)
def test_what_json_does_not_have_is_refused(value: object, error: type[Exception]) -> None:
    """NaN and infinities are a ValueError, other types a TypeError."""
    with pytest.raises(error):
        json_encoder()(value)
