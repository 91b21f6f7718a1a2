"""Fields of lines: taken apart fast as by plain Python, and every wrong line named."""

import bz2
import lzma
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prompteval.core.errors import InvalidInput
from prompteval.rag.trec import fields
from prompteval.rag.trec.fields import read_blocks

FORM = ("a", "b", "c")
words = st.text(
    st.characters(min_codepoint=33, exclude_characters="\x7f", exclude_categories=["Cs"]), min_size=1
)
blanks = st.text(" \t", min_size=1, max_size=3)
rows = st.lists(st.tuples(words, blanks, words, blanks, words, st.sampled_from(["", " ", "\r"])), min_size=1)


@settings(deadline=None, max_examples=60)
@given(rows, st.sampled_from([7, 60, 1 << 20]), st.booleans(), st.booleans())
def test_columns_are_what_split_gives(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, ...]], block: int, last_end: bool, mark: bool,
) -> None:  # fmt: skip
    """Any blanks, any width, any size of block, with and without a last line end and a byte order mark."""
    path = tmp_path_factory.mktemp("trec") / "x.txt"
    text = "\n".join("".join(row) for row in rows) + "\n" * last_end
    path.write_bytes(b"\xef\xbb\xbf" * mark + text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fields, "BLOCK_BYTES", block)
        found = [
            (line, *(text.decode() for text in row))
            for part in read_blocks(path, (FORM,), ("c", "a"))
            for line, *row in zip(part.lines, *(column.tolist() for column in part.columns), strict=True)
        ]
    if not rows[0][0].startswith("\ufeff"):
        assert found == [(line, row[4], row[0]) for line, row in enumerate(rows, 1)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"a b c\n\n \na b\n", "x.txt:4:1 PE371 2 fields where 3 should be (a line is: a b c)"),
        (b"a b c\na b c d\na b\n", "x.txt:2:1 PE371 4 fields where 3 should be"),
        (b"a b c\na \x00 b c\n", "x.txt:2:1 PE371 control character in the line"),
        (b"a b c\na b \xff\n", "x.txt:2:1 PE371 the line is not UTF-8 (convert the file)"),
        (b"a b c\na b " + b"x" * 1001, "x.txt:2:1 PE371 a field is over 1,000 bytes"),
        (b"", "x.txt PE370 the file has no line (a line is: a b c)"),
        (b"\n \n", "x.txt PE370 the file has no line"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, text: bytes, problem: str) -> None:
    """File, line and fix; blank lines are skipped and counted."""
    (tmp_path / "x.txt").write_bytes(text)
    with pytest.raises(InvalidInput) as raised:
        list(read_blocks(tmp_path / "x.txt", (FORM,), FORM))
    assert problem in str(raised.value)


def test_too_many_problems_end_the_reading(tmp_path: Path) -> None:
    """Twenty, and that there are more."""
    (tmp_path / "x.txt").write_text("a b c\n" + "a b\n" * 30)
    with pytest.raises(InvalidInput, match="more problems are not shown") as raised:
        list(read_blocks(tmp_path / "x.txt", (FORM,), FORM))
    assert len(raised.value.problems) == 21


PACKED = [
    (bz2.compress(b"a b c\n"), "compressed by bzip2"), (lzma.compress(b"a b c\n"), "compressed by xz"),
    (b"\x28\xb5\x2f\xfd\x04\x00", "compressed by zstd"), (b"PK\x03\x04\x14\x00", "a zip archive"),
    (b"PAR1\x15\x04", "in Parquet's format"), ("%PDF-1.7\n%äüöß\n".encode(), "a PDF document"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "form"), PACKED)
def test_a_file_of_another_form_is_named_by_it(tmp_path: Path, data: bytes, form: str) -> None:
    """Once, and not by the control characters of its lines; gzip is read."""
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(InvalidInput) as raised:
        list(read_blocks(tmp_path / "x", [FORM], FORM))
    (problem,) = raised.value.problems
    assert (problem.code, problem.message) == ("PE370", f"the file is {form}")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_is_refused_as_elsewhere(tmp_path: Path, encoding: str) -> None:
    """Such a file is text, which is saved another way; there is nothing to unpack."""
    (tmp_path / "x").write_bytes("\ufeffa b c\n".encode(encoding))
    with pytest.raises(InvalidInput) as raised:
        list(read_blocks(tmp_path / "x", [FORM], FORM))
    (problem,) = raised.value.problems
    assert (problem.message, problem.help) == ("the file is UTF-16", "save it as UTF-8")


@pytest.mark.parametrize(
    "data", [b"a b c", b"a b c\n", b"a b c\n\nd e f\n", b"BZh 1 2\n", b"PK 1 2", b"PAR1 1 2", b"%PDF-1 1 2"]
)
def test_a_file_of_few_bytes_is_read_whole(tmp_path: Path, data: bytes) -> None:
    """Also one that is no longer than what its form is told by."""
    (tmp_path / "x").write_bytes(data)
    rows = [
        row for block in read_blocks(tmp_path / "x", [FORM], FORM) for row in zip(*block.columns, strict=True)
    ]
    assert rows == [tuple(line.split()) for line in data.split(b"\n") if line]
