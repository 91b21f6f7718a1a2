"""Printing text from outside."""

from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.text import lines_of, percent_encoded, printable


def test_s9_escapes_are_spelt_out() -> None:
    """No escape character reaches a terminal, and nothing is lost."""
    assert printable("\x1b[31mred\x07 \ud800 ok\n") == "\\x1b[31mred\\x07 \\ud800 ok\n"


@given(st.text())
def test_output_can_always_be_encoded(text: str) -> None:
    """The result is valid UTF-8 without control characters."""
    safe = printable(text)
    safe.encode("utf-8")
    assert not any(ord(character) < 32 and character not in "\n\t" for character in safe)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_percent_encoding_is_that_of_the_standard_library(text: str) -> None:
    """The same as urllib's quote, slashes kept or not."""
    assert percent_encoded(text) == quote(text, safe="")
    assert percent_encoded(text, keep="/") == quote(text)


@given(st.text(st.sampled_from("a\n\r\x0c\x85\u2028"), max_size=20))
def test_lines_end_at_line_feeds_alone(text: str) -> None:
    """With their ends they are the text; without, as a file in universal newlines has them but for CR."""
    with_ends = lines_of(text, ends=True)
    assert "".join(with_ends) == text and all("\n" not in line[:-1] for line in with_ends)
    assert [line.removesuffix("\n") for line in with_ends] == lines_of(text)
    assert len(lines_of(text)) == text.count("\n") + (not text.endswith("\n") and text != "")
