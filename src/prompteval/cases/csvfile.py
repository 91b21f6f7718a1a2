"""CSV records: columns `id, inputs.message, expected.intent, tags.channel, split, ...`."""

import csv
from collections.abc import Iterator
from typing import Any, BinaryIO, NoReturn

from prompteval.cases.record import KEYS
from prompteval.core.case import Cell
from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Collector, did_you_mean
from prompteval.core.text import counted
from prompteval.workspace.csv_reader import csv_fault, csv_reader, delimiter_of
from prompteval.workspace.jsonl import MAX_LINE_BYTES, Note
from prompteval.workspace.text import UTF16_MARKS

_GROUPS = ("inputs", "expected", "tags")
_PLAIN = ("id", "expected", "split", "cluster", "repeat", "answerable", "tool_calls", "turns")


def read_csv(file: BinaryIO, path: str, note: Note) -> Iterator[tuple[int, object]]:
    """(line number, record) of each row; the delimiter is `,`, `;` or tab, as the header has it.

    Every value is text, as it is in the file, and a `Cell` where a type may read it; an empty
    `expected.x` or `tags.x` is left out, and so are empty columns and rows. Rows with too few or too many
    cells are noted, never shifted. A file that is not UTF-8 text, or no CSV, ends at its first fault.
    """
    with file:
        lines = _Lines(file, note)
        head = next(lines, "")
        delimiter = delimiter_of(head)
        try:
            columns = next(csv_reader([head], delimiter), [])
            if lines.is_text:
                columns = [column.strip() for column in columns]
                while columns and not columns[-1]:  # spreadsheets write empty ones beside a table too
                    columns.pop()
                _check_columns(columns, path)
                yield from _rows(lines, columns, delimiter, note)
        except csv.Error as error:
            note(lines.number, 1, "PE304", *csv_fault(str(error)))


class _Lines:
    """The lines of a file as text; ends, with a note, at a byte that no text file has."""

    def __init__(self, file: BinaryIO, note: Note) -> None:
        self._file = file
        self._note = note
        self.number = 0
        self.is_text = True

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline(MAX_LINE_BYTES) if self.is_text else b""
        if not line:
            raise StopIteration
        self.number += 1
        if self.number == 1 and line.startswith(UTF16_MARKS):
            self._refuse(1, "PE102", "the file is UTF-16", "save it as UTF-8")
        if b"\0" in line:
            self._refuse(line.index(b"\0") + 1, "PE103", "NUL byte", "remove it; text files have none")
        try:
            text = line.decode("utf-8-sig" if self.number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            message = f"byte 0x{error.object[error.start]:02x} is not UTF-8"
            self._refuse(error.start + 1, "PE104", message, "save the file as UTF-8")
        # The same file of another system, cells with line breaks included, is the same cases.
        return text[:-2] + "\n" if text.endswith("\r\n") else text

    def _refuse(self, column: int, code: str, message: str, help: str) -> NoReturn:
        self.is_text = False
        self._note(self.number, column, code, message, help)
        raise StopIteration


def _rows(lines: _Lines, columns: list[str], delimiter: str, note: Note) -> Iterator[tuple[int, object]]:
    end = 1
    for cells in csv_reader(lines, delimiter):
        line, end = end + 1, lines.number
        if not lines.is_text:
            return  # the rest of a cut row
        while len(cells) > len(columns) and not cells[-1].strip():
            cells.pop()
        if not any(cells):
            continue
        if len(cells) != len(columns):
            message = f"the row has {counted(len(cells), 'cell')}, the header {len(columns)}"
            note(line, 1, "PE304", message, "quote cells that hold the delimiter")
            continue
        yield line, _record(columns, cells)


def _check_columns(columns: list[str], path: str) -> None:
    problems = Collector(path)
    if columns and columns[0].lower().startswith("sep="):
        problems.add(1, 1, "PE304", "the line 'sep=' is for Excel alone", "remove it")
        raise InvalidInput(problems.found)
    seen: set[str] = set()
    for number, column in enumerate(columns, 1):
        if problems.full:
            problems.skip(len(columns) - number + 1)
            break
        group, _, rest = column.partition(".")
        if not (column in _PLAIN or (group in _GROUPS and rest)):
            problems.add(1, number, "PE304", f"unknown column {column!r}", _column_help(column))
        elif column in seen:
            problems.add(1, number, "PE304", f"duplicate column {column!r}")
        elif column == "expected" and any(other.startswith("expected.") for other in columns):
            message = "columns 'expected' and 'expected.<field>' exclude each other"
            problems.add(1, number, "PE304", message, "keep one form")
        seen.add(column)
    if "id" not in columns:
        help = "separate cells by a comma, a semicolon or a tab" if len(columns) == 1 else "each case has one"
        problems.add(1, 1, "PE304", "missing column 'id'", help)
    if problems.found:
        raise InvalidInput(problems.found)


def _column_help(column: str) -> str:
    if column in KEYS:
        return f"write {column}.<name>"
    rest = column.partition(".")[2] or column
    near = did_you_mean(column, [*_PLAIN, *(f"{group}.{rest}" for group in _GROUPS)])
    return near or ", ".join([*_PLAIN, *(f"{group}.<name>" for group in _GROUPS)])


def _record(columns: list[str], cells: list[str]) -> dict[str, object]:
    record: dict[str, Any] = {"inputs": {}}
    for column, cell in zip(columns, cells, strict=True):
        group, _, rest = column.partition(".")
        if group == "inputs":
            record["inputs"][rest] = Cell(cell)
        elif group == "expected" and rest and cell:
            record.setdefault(group, {})[rest] = Cell(cell)
        elif rest and cell:
            record.setdefault(group, {})[rest] = cell
        elif column == "expected" and cell:
            record["expected"] = Cell(cell)
        elif column == "repeat" and cell:
            record["repeat"] = int(cell) if cell.isdecimal() and len(cell) < 10 else cell
        elif column == "answerable" and cell:
            record["answerable"] = {"true": True, "false": False}.get(cell.lower(), cell)
        elif column in ("tool_calls", "turns") and cell:
            record[column] = Cell(cell).value()  # what is no JSON stays a text, and is refused as one
        elif not rest and cell:
            record[column] = cell
    return record
