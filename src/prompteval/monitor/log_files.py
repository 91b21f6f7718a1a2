"""The files or the table behind the name of a log, and how they are cut into pieces."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from glob import glob
from itertools import pairwise
from pathlib import Path

from prompteval.core.errors import UsageError
from prompteval.monitor.lines import LogPart, PostgresLog, is_database, is_packed
from prompteval.store.predictions import POSTGRES
from prompteval.workspace.store_place import SQLITE, refuse_address

# What a server appends to a log's name: the number of its worker, the time at which the file was set aside.
_SIBLING = re.compile(r"(?:\.\d{1,4})?(?:\.\d{8}T\d{6}(?:\.\d{1,6})?Z)?(?:\.gz)?")


@dataclass(frozen=True, slots=True)
class Piece:
    """The lines of a file that begin within [start, end), in bytes.

    A packed file and a database are one piece, whose end is None.
    """

    part: LogPart
    start: int
    end: int | None


def log_parts(name: str) -> list[LogPart]:
    """The parts of a log: of a pattern the files that match, of a path itself and what was set aside of it.

    `postgres` is the table that `serve --log postgres` writes. Raises UsageError where there is none.
    """
    refuse_address(name, "the log")
    return [PostgresLog()] if name == POSTGRES else [*_log_files(name)]


def _log_files(name: str) -> list[Path]:
    if any(mark in name for mark in "*?["):
        found = [Path(path) for path in sorted(glob(name)) if Path(path).is_file()]  # noqa: PTH207 - a pattern with directories, as a shell reads it
        if not found:
            raise UsageError(f"log {name}: no file matches", "quote the pattern, and check the directory")
        return found
    path = Path(name.removeprefix(SQLITE))
    try:
        siblings = [
            other
            for other in path.parent.iterdir()
            if other.name.startswith(path.name)
            and _SIBLING.fullmatch(other.name[len(path.name) :])
            and other.is_file()
        ]
    except OSError as error:
        raise UsageError(f"log {name}: {error.strerror}") from None
    if not siblings:
        wrong = "is a directory" if path.is_dir() else "no such file"
        raise UsageError(f"log {name}: {wrong}", "name the file that `prompteval serve --log` writes")
    return sorted(siblings)


def pieces_of(parts: Sequence[LogPart], size: int) -> list[Piece]:
    """The parts in pieces of about `size` bytes. Raises UsageError for one that cannot be read."""
    found = []
    for part in parts:
        try:
            if isinstance(part, PostgresLog) or is_packed(part) or is_database(part):
                found.append(Piece(part, 0, None))
                continue
            length = part.stat().st_size
        except OSError as error:
            raise UsageError(f"log {part}: {error.strerror}") from None
        count = max(-(-length // size), 1)
        cuts = [length * number // count for number in range(count + 1)]
        found += [Piece(part, start, end) for start, end in pairwise(cuts) if end > start]
    return found
