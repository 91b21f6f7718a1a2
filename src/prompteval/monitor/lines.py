"""The lines of one part of a log of any kind: JSON lines, packed or not, a SQLite database, or Postgres."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TypeAlias

from prompteval.store.predictions import POSTGRES
from prompteval.store.predictions.sqlite import read_sqlite
from prompteval.workspace.packed import PackedFault, unpacked

_SQLITE_MARK: Final = b"SQLite format 3\x00"
PACKED: Final = ".gz"
# Lines of a database that are handed on together.
_GROUP: Final = 3_000


@dataclass(frozen=True, slots=True)
class PostgresLog:
    """The table of a log in Postgres, at the address of PROMPTEVAL_STORE_URL or libpq's own."""

    def __str__(self) -> str:
        return POSTGRES

    def lines(self, since: float | None = None) -> Iterator[bytes]:
        """Every line, or those of rows from a time on. Raises MissingExtra and StoreError."""
        from prompteval.store.predictions.postgres import read_postgres

        yield from (_as_line(text) for text in read_postgres(since=since))

    def backwards(self) -> Iterator[bytes]:
        """Every line, the last first."""
        from prompteval.store.predictions.postgres import read_postgres

        yield from (_as_line(text) for text in read_postgres(newest_first=True))


LogPart: TypeAlias = Path | PostgresLog


def is_database(part: LogPart) -> bool:
    """Whether it is Postgres or a SQLite database. Raises OSError where a file cannot be read."""
    if isinstance(part, PostgresLog):
        return True
    with part.open("rb") as file:
        return file.read(len(_SQLITE_MARK)) == _SQLITE_MARK


def is_packed(part: LogPart) -> bool:
    """Whether it is a packed file, which is read from its beginning only."""
    return isinstance(part, Path) and part.name.endswith(PACKED)


def part_lines(part: LogPart, since: float | None = None) -> Iterator[bytes]:
    """Every line; a packed file ends where it is damaged. Of Postgres only those of rows from `since` on.

    Raises StoreError for a database that is no log.
    """
    if isinstance(part, PostgresLog):
        yield from part.lines(since)
        return
    if is_database(part):
        yield from (_as_line(line) for line in read_sqlite(part))
        return
    with closing(unpacked(part.open("rb"))) as file:
        try:
            yield from file
        except PackedFault:
            return


def grouped(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    """The lines in groups, in their order."""
    yield from iter(lambda: list(islice(lines, _GROUP)), [])


def _as_line(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass") + b"\n"
