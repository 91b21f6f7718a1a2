"""Decoding users' files."""

import bz2
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


@pytest.mark.parametrize(("data", "form"), [(gzip.compress(b"{}", mtime=0), "compressed by gzip"), (b"PK\x03\x04..", "a zip archive")])  # fmt: skip
def test_a_packed_file_is_named_by_its_form(data: bytes, form: str) -> None:
    """Not by a byte in it that cannot be removed."""
    with pytest.raises(InvalidInput, match=f"c.jsonl:1:1 PE103 the file is {form} .unpack or convert it"):
        decode(data, "c.jsonl")


@pytest.mark.parametrize("text", ["PAR1", "PAR1 manual\n", "PAR1,PAR2\n1,2\n", "PAR1 zw\u00f6lf \u20ac\u20ac\u20ac", "%PDF-1.7 is a header\n", "BZh91AY&SY marks bzip2"])  # fmt: skip
def test_a_text_may_begin_as_a_packed_file_does(text: str) -> None:
    """Only a byte that no text has tells the two apart."""
    assert decode(text.encode(), "c.csv") == text


@pytest.mark.parametrize("data", [b"PAR1\x15\x04\x15\x10", b"%PDF-1.7\r\n%\xe2\xe3\xcf\xd3\r\n", bz2.compress(b"{}"), bz2.compress(b"a" * 5_000_000)])  # fmt: skip
def test_a_mark_that_can_be_read_is_told_by_what_follows(data: bytes) -> None:
    """Parquet's first field, the comment of a PDF and a block of bzip2 have bytes that no text has."""
    with pytest.raises(InvalidInput, match=r"PE103 the file is .*(Parquet|PDF|bzip2)"):
        decode(data, "c.csv")
