"""Decoding users' files."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.errors import InvalidInput
from prompteval.workspace.text import decode


def test_b4_bom_and_crlf_are_accepted() -> None:
    """What Windows editors write reads like any other file."""
    assert decode(b"\xef\xbb\xbfa\r\nb\r\n", "f") == "a\nb\n"


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ("ab".encode("utf-16"), "f:1:1 PE102"),
        (b"a\nb\0c", "f:2:2 PE103"),
        ("a\nM\u00fcller".encode("latin-1"), "f:2:2 PE104"),
    ],
)
def test_b4_other_encodings_are_errors_with_line_and_byte(data: bytes, place: str) -> None:
    """UTF-16, NUL and Latin-1 are named, with the place to look at."""
    with pytest.raises(InvalidInput, match=place):
        decode(data, "f")


@given(st.text(alphabet=st.characters(blacklist_characters="\0\r\ufeff", blacklist_categories=["Cs"])))
def test_utf8_reads_back(text: str) -> None:
    """Any text without NUL survives."""
    assert decode(text.encode("utf-8"), "f") == text


@pytest.mark.parametrize(("data", "form"), [(gzip.compress(b"{}"), "compressed by gzip"), (b"PK\x03\x04..", "a zip archive")])  # fmt: skip
def test_a_packed_file_is_named_by_its_form(data: bytes, form: str) -> None:
    """Not by a byte in it that cannot be removed."""
    with pytest.raises(InvalidInput, match=f"c.jsonl:1:1 PE103 the file is {form} .unpack or convert it"):
        decode(data, "c.jsonl")
