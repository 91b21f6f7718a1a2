"""Rows kept in a file without a name, so that a million of them need little memory."""

import json
import os
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import overload

from prompteval.core.errors import StoreError
from prompteval.data.rows import DataRow

_BLOCK = 1 << 20  # bytes that are read at once
_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


class KeptRows(Sequence[DataRow]):
    """Rows in their order, by place. In memory are 20 bytes of each, and what many have in common.

    A slice, which must be up to the end, is the same rows without the first ones. `close` removes the file.
    Raises StoreError where the directory for temporary files takes nothing more.
    """

    def __init__(self) -> None:
        try:
            self._file = tempfile.TemporaryFile(buffering=_BLOCK)  # noqa: SIM115 - close() ends it
        except OSError as error:
            raise _unwritten(error) from error
        self._written = 0
        self._ends = array("Q", [0])
        self._lines = array("I")
        self._shared = array("H")
        self._codes: dict[tuple[str, str], int] = {}
        self._common: list[tuple[str, str]] = []

    def append(self, row: DataRow) -> None:
        """Keep one more row."""
        common = (row.path, row.split)
        code = self._codes.get(common)
        if code is None:
            code = self._codes[common] = len(self._common)
            self._common.append(common)
            if code > 0xFFFF:
                self._shared = array("I", self._shared)
        data = _encode([row.id, row.text, row.label, row.group, row.time, row.replicate]).encode("ascii")
        try:
            self._file.write(data)
        except OSError as error:
            raise _unwritten(error) from error
        self._ends.append(self._ends[-1] + len(data))
        self._lines.append(row.line)
        self._shared.append(code)

    def close(self) -> None:
        """Remove the file."""
        try:
            self._file.close()
        except OSError as error:  # what was not yet written has no room; the file is closed nevertheless
            raise _unwritten(error) from error

    def __len__(self) -> int:
        return len(self._lines)

    @overload
    def __getitem__(self, place: int) -> DataRow: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[DataRow]: ...
    def __getitem__(self, place: int | slice) -> DataRow | Sequence[DataRow]:
        every = range(len(self))
        if isinstance(place, slice):
            return _Part(self, every[place])
        place = every[place]
        start, end = self._ends[place], self._ends[place + 1]
        return self._row(place, self._read(start, end - start))

    def __iter__(self) -> Iterator[DataRow]:
        return self.iterate(0)

    def iterate(self, first: int) -> Iterator[DataRow]:
        """The rows from a place on, many read at once."""
        while first < len(self):
            start, last = self._ends[first], first + 1
            while last < len(self) and self._ends[last] - start < _BLOCK:
                last += 1
            block = self._read(start, self._ends[last] - start)
            for place in range(first, last):
                yield self._row(place, block[self._ends[place] - start : self._ends[place + 1] - start])
            first = last

    def _read(self, start: int, size: int) -> bytes:
        if self._written < start + size:
            try:
                self._file.flush()
            except OSError as error:
                raise _unwritten(error) from error
            self._written = self._ends[-1]
        return os.pread(self._file.fileno(), size, start)

    def _row(self, place: int, data: bytes) -> DataRow:
        path, split = self._common[self._shared[place]]
        name, text, label, group, time, replicate = json.loads(data)
        return DataRow(path, self._lines[place], name, text, label, group, time, split, replicate)


def _unwritten(error: OSError) -> StoreError:
    place = tempfile.tempdir or "temporary directory"  # None where no directory can be used
    return StoreError(str(place), f"could not be written: {error.strerror}")


class _Part(Sequence[DataRow]):
    """The rows at some places."""

    def __init__(self, rows: KeptRows, places: range) -> None:
        self._rows, self._places = rows, places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> DataRow: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[DataRow]: ...
    def __getitem__(self, place: int | slice) -> DataRow | Sequence[DataRow]:
        if isinstance(place, slice):
            return _Part(self._rows, self._places[place])
        return self._rows[self._places[place]]

    def __iter__(self) -> Iterator[DataRow]:
        if self._places.step == 1:
            return islice(self._rows.iterate(self._places.start), len(self))
        return map(self._rows.__getitem__, self._places)
