"""The lines of a recording while it is made: in a file without a name, since their sum has no bound."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import total_ordering
from pathlib import Path
from typing import IO

from prompteval.core.errors import StoreError

# So much of the messages is kept in memory to order the lines by; where that is the same, they are read.
START = 500


class Spool:
    """Lines by key, a later one in place of an earlier one, given back in the order of their messages.

    Raises StoreError, which names `path`, where the directory of that file takes nothing more.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        self._end = 0
        self._lines: dict[str, _Line] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._lines

    def __len__(self) -> int:
        return len(self._lines)

    def keep(self, key: str, messages: Sequence[Sequence[str]], line: str) -> None:
        """Keep a line of ASCII under its key."""
        data = line.encode("ascii")
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._path.parent)  # noqa: SIM115 - close() ends it
            self._file.seek(self._end)
            self._file.write(data)
        except OSError as error:
            raise self._unwritten(error) from error
        self._lines[key] = _Line(self, self._end, len(data), _start(messages))
        self._end += len(data)

    def ordered(self) -> Iterator[bytes]:
        """Every line without its end, by its messages."""
        for line in sorted(self._lines.values()):
            yield self.read(line.offset, line.size)

    def read(self, offset: int, size: int) -> bytes:
        """A part of the file."""
        if self._file is None:
            return b""
        try:
            self._file.seek(offset)  # which writes what was not yet written
            return self._file.read(size)
        except OSError as error:
            raise self._unwritten(error) from error

    def close(self) -> None:
        """Close and remove the file."""
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError as error:  # the file is closed nevertheless
                raise self._unwritten(error) from error

    def _unwritten(self, error: OSError) -> StoreError:
        return StoreError(str(self._path), f"could not be written: {error.strerror}")


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """Where a line is, and how the messages in it begin."""

    spool: Spool
    offset: int
    size: int
    start: tuple[str, ...]

    def __lt__(self, other: "_Line") -> bool:
        if self.start != other.start:
            return self.start < other.start
        return self._messages() < other._messages()

    def _messages(self) -> list[list[str]]:
        found: list[list[str]] = json.loads(self.spool.read(self.offset, self.size))["request"]["messages"]
        return found


def _start(messages: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Roles and texts in turn up to START characters, which come in the same order as the whole ones."""
    start, left = [], START
    for text in (part for message in messages for part in message):
        start.append(text[:left])
        left -= len(text)
        if left <= 0:
            break
    return tuple(start)
