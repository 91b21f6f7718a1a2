"""What is masked does not come back, and one value has one pseudonym."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prompteval.pii.find import find, known_kinds
from prompteval.pii.redact import redact
from tests.pii.test_kinds import FOUND

VALUES = [value for _, _, value in FOUND]
TEXTS = st.lists(st.one_of(st.text(max_size=20), st.sampled_from(VALUES)), max_size=6).map(" ".join)


@example(text="6267 5163 2557 4111 1111 1111 1111", key=None)
@given(text=TEXTS, key=st.one_of(st.none(), st.binary(min_size=1, max_size=8)))
def test_s30_what_is_masked_is_not_found_again(text: str, key: bytes | None) -> None:
    """Masked text has none of the values; the spans are in order, apart, and say what stood there.

    But for digits beside `[PHONE]`, which is a word for a telephone.
    """
    redacted = redact(text, key=key)
    assert all(span.kind == "phone" for span in find(redacted.text)), redacted.text
    for first, second in zip(redacted.spans, redacted.spans[1:], strict=False):
        assert first.end <= second.start
    for span in redacted.spans:
        assert text[span.start : span.end]


def test_a_value_has_one_pseudonym_under_a_key_however_it_is_written() -> None:
    """Spaces, case and the text around make no difference; another key does."""
    first = redact("card 4111 1111 1111 1111, Ada@Example.org", key=b"k").text
    again = redact("ada@example.org paid by 4111111111111111", key=b"k").text
    masked = re.findall(r"\[\w+:[a-z]{12}\]", first)
    assert len(masked) == 2 and all(mask in again for mask in masked)
    assert redact("ada@example.org", key=b"other").text not in again


def test_without_a_key_nothing_tells_two_values_apart() -> None:
    """The kind alone is left."""
    assert redact("a@example.org and b@example.org").text == "[EMAIL] and [EMAIL]"


def test_kinds_are_in_one_order_and_an_unknown_one_is_named() -> None:
    """As they are asked for on the command line, in any order."""
    assert known_kinds(["phone", "email"]) == ("email", "phone")
    with pytest.raises(ValueError, match="emial"):
        known_kinds(["emial"])
