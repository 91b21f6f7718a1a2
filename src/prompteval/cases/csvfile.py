"""CSV records: columns `id, inputs.message, expected.intent, tags.channel, split, ...`."""

import csv
import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from prompteval.cases.jsonl import Note
from prompteval.cases.record import KEYS
from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Problem, did_you_mean

_GROUPS = ("inputs", "expected", "tags")
_PLAIN = ("id", "split", "cluster", "repeat", "answerable")


def read_csv(file: BinaryIO, path: str, note: Note) -> Iterator[tuple[int, Any]]:
    """(line number, record) of each row; the delimiter is `,`, `;` or tab, as the header has it.

    Every value is text, as it stands in the file; an empty `expected.x`, `tags.x` or optional
    cell is left out. Rows with too few or too many cells are noted, never shifted.
    """
    with io.TextIOWrapper(file, encoding="utf-8-sig", errors="strict", newline="") as text:
        try:
            yield from _rows(text, path, note)
        except UnicodeDecodeError as error:
            note(
                0,
                0,
                "PE104",
                f"byte 0x{error.object[error.start]:02x} is not UTF-8",
                "save the file as UTF-8",
            )
        except csv.Error as error:
            note(0, 0, "PE304", f"not CSV: {error}", "quote cells that hold quotes or line breaks")


def _rows(text: io.TextIOWrapper, path: str, note: Note) -> Iterator[tuple[int, Any]]:
    head = text.readline()
    if "\0" in head:
        note(1, 1, "PE103", "NUL byte", "remove it; text files have none")
        return
    delimiter = max(",;\t", key=head.count)
    columns = next(csv.reader([head], delimiter=delimiter, strict=True), [])
    columns = [column.strip() for column in columns]
    _check_columns(columns, path)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    end = 1
    for cells in reader:
        line, end = end + 1, reader.line_num + 1
        if not cells or cells == [""]:
            continue
        if len(cells) != len(columns):
            message = f"the row has {len(cells)} cells, the header {len(columns)}"
            note(line, 1, "PE304", message, "quote cells that hold the delimiter")
            continue
        yield line, _record(columns, cells)


def _check_columns(columns: list[str], path: str) -> None:
    problems = []
    allowed = [*_PLAIN, *(f"{group}.<name>" for group in _GROUPS)]
    for number, column in enumerate(columns, 1):
        group, _, rest = column.partition(".")
        if not (column in _PLAIN or (group in _GROUPS and rest)):
            help = did_you_mean(column, [*_PLAIN, *(f"{name}.{rest or column}" for name in _GROUPS)])
            if column in KEYS:
                help = f"write {column}.<name>"
            problems.append(
                Problem(path, 1, number, "PE304", f"unknown column {column!r}", help or ", ".join(allowed))
            )
        elif columns.index(column) != number - 1:
            problems.append(Problem(path, 1, number, "PE304", f"column {column!r} stands twice"))
    if "id" not in columns:
        problems.append(Problem(path, 1, 1, "PE304", "there is no column 'id'"))
    if problems:
        raise InvalidInput(problems)


def _record(columns: list[str], cells: list[str]) -> dict[str, Any]:
    record: dict[str, Any] = {"inputs": {}}
    for column, cell in zip(columns, cells, strict=True):
        group, _, rest = column.partition(".")
        if group == "inputs":
            record["inputs"][rest] = cell
        elif rest and cell:
            record.setdefault(group, {})[rest] = cell
        elif column == "repeat" and cell:
            record["repeat"] = int(cell) if cell.isdecimal() else cell
        elif column == "answerable" and cell:
            record["answerable"] = {"true": True, "false": False}.get(cell.lower(), cell)
        elif not rest and cell:
            record[column] = cell
    return record
