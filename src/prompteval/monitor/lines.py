"""The lines of one file of a log of any kind: JSON lines, packed or not, or a SQLite database."""

from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Final

from prompteval.store.predictions.sqlite import read_sqlite
from prompteval.workspace.packed import PackedFault, unpacked

_SQLITE_MARK: Final = b"SQLite format 3\x00"
PACKED: Final = ".gz"
# Lines of a database that are handed on together.
_GROUP: Final = 3_000


def is_database(path: Path) -> bool:
    """Whether a file is a SQLite database. Raises OSError where it cannot be read."""
    with path.open("rb") as file:
        return file.read(len(_SQLITE_MARK)) == _SQLITE_MARK


def file_lines(path: Path) -> Iterator[bytes]:
    """Every line; a packed file ends where it is damaged. Raises StoreError for a database that is no log."""
    if is_database(path):
        yield from (line.encode("utf-8", "surrogatepass") + b"\n" for line in read_sqlite(path))
        return
    with closing(unpacked(path.open("rb"))) as file:
        try:
            yield from file
        except PackedFault:
            return


def grouped(path: Path) -> Iterator[list[bytes]]:
    """The lines in groups, in their order."""
    lines = file_lines(path)
    yield from iter(lambda: list(islice(lines, _GROUP)), [])
