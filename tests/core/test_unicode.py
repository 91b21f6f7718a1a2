"""Normalisation gives what the standard library gives, in linear time."""

import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.unicode import nfkc

MARKS = [code for code in range(sys.maxunicode + 1) if unicodedata.combining(chr(code))]
ODD = "\u0344\u0f73\u0f75\u0f81\ufb01Å각ᄀ\u1161\u11a8\uac00\ufdfa"  # decompose, compose, or to marks alone
mark = st.sampled_from(MARKS).map(chr)
runs = st.lists(mark, min_size=25, max_size=80).map("".join)


@given(st.lists(st.one_of(runs, mark, st.text(max_size=4), st.sampled_from(ODD)), max_size=12).map("".join))
def test_b24_marks_in_any_number_and_order_give_the_same_form(text: str) -> None:
    """However long the run: the form is that of the standard library, to the last mark."""
    assert nfkc(text) == unicodedata.normalize("NFKC", text)


def test_every_mark_is_looked_for() -> None:
    """A newer Unicode with marks beyond the range that is searched would be seen here."""
    assert max(MARKS) < 0x1F000
