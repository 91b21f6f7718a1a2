"""Judgments and runs as they are shipped: packed, with tabs, with spaces in ids."""

import gzip
import io
from pathlib import Path

import pytest

from prompteval.core.errors import InvalidInput
from prompteval.rag.trec.read import read_qrels, read_run
from prompteval.workspace.packed import PackedFault, unpacked


def rows(path: Path, data: bytes, run: bool = False) -> list[tuple[str, str, float]]:
    path.write_bytes(data)
    table = read_run(path) if run else read_qrels(path)
    names = [table.queries[query] for query in table.query]
    return list(zip(names, (d.decode() for d in table.document), table.number.tolist(), strict=True))


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("q1\tannual report\t1", ("q1", "annual report", 1)),
        ("q 1\t0\ta b\t2", ("q 1", "a b", 2)),
        ("q1\t0\td1\t1", ("q1", "d1", 1)),
        ("q1 \t 0 \t d1 \t 1\r", ("q1", "d1", 1)),
        ("q1 0 d1\t1", ("q1", "d1", 1)),
        ("q1  0   d1 1", ("q1", "d1", 1)),
    ],
)
def test_tabs_part_fields_where_they_part_a_whole_line(
    tmp_path: Path, line: str, row: tuple[str, str, int]
) -> None:
    """An id with a space is never cut in two; spaces part fields elsewhere."""
    assert rows(tmp_path / "q", f"{line}\n".encode()) == [row]


def test_a_line_with_spaces_in_a_file_with_tabs_is_read(tmp_path: Path) -> None:
    """Both are in files that were put together; one that is neither is refused by line."""
    assert rows(tmp_path / "q", b"q1\t0\td1\t1\nq2 0 d2 1\n") == [("q1", "d1", 1), ("q2", "d2", 1)]
    with pytest.raises(InvalidInput, match="q:2"):
        rows(tmp_path / "q", b"q1\t0\td1\t1\nq2 0 d2 extra 1\n")
    assert rows(tmp_path / "r", b"q\tQ0\ta b\t1\t0.5\tmy run\n", run=True) == [("q", "a b", 0.5)]


def test_packed_files_are_read_whatever_they_are_called(tmp_path: Path) -> None:
    """As ir_measures and ranx read them; a damaged one is refused in one line."""
    data = gzip.compress(b"q1 0 d1 1\n" + b"".join(b"q2 0 d%d 0\n" % n for n in range(5000)))
    assert (
        rows(tmp_path / "qrels.gz", data)[0] == ("q1", "d1", 1)
        and len(rows(tmp_path / "qrels", data)) == 5001
    )
    with pytest.raises(InvalidInput, match="damaged"):
        rows(tmp_path / "qrels.gz", data[:-30])


def test_b25_a_packed_file_is_read_within_a_bound(tmp_path: Path) -> None:
    """A line without an end, and what unpacks to more than is read: refused at once, in one line."""
    with pytest.raises(InvalidInput, match="a line is longer than"):
        rows(tmp_path / "qrels.gz", gzip.compress(b"q" * 20_000_000, 1))
    with unpacked(io.BytesIO(gzip.compress(b"ab" * 500)), most=100) as file, pytest.raises(PackedFault):
        file.read()
