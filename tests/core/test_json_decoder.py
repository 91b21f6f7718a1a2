"""A quick decoder reads what one of the standard library reads, and refuses the same."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.json_decoder import json_decoder

PLAIN = json.JSONDecoder()
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
space = st.text(" \t\r\n", max_size=3)


@given(values, space, space)
def test_value_is_that_of_the_standard_library(value: object, before: str, after: str) -> None:
    """With white space around it and without."""
    text = f"{before}{json.dumps(value)}{after}"
    assert json_decoder(PLAIN)(text) == PLAIN.decode(text)


@pytest.mark.parametrize("after", ["", "\n", " \t\r\n"])
def test_a_text_is_decoded_once(after: str) -> None:
    """Also one with white space behind its value, as a line of a file has."""
    read: list[str] = []
    decoder = json.JSONDecoder(parse_int=lambda digits: read.append(digits) or int(digits))  # type: ignore[func-returns-value]
    assert json_decoder(decoder)("[7]" + after) == [7]
    assert read == ["7"]


@given(st.text('{}[]",:0123456789.eE+-truefalsn \n\t\r\x0b\x00\xa0é', max_size=12))
@pytest.mark.filterwarnings("error")
def test_same_texts_are_refused_with_the_same_error(text: str) -> None:
    """What is not JSON has the same message at the same place, also behind a whole value."""

    def outcome(decode: object) -> object:
        try:
            return decode(text)  # type: ignore[operator]
        except json.JSONDecodeError as error:
            return str(error)

    assert repr(outcome(json_decoder(PLAIN))) == repr(outcome(PLAIN.decode))
