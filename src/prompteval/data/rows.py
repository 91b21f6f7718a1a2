"""Rows of a data file of any shape, as far as the checks need them."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from prompteval.core.errors import InvalidInput, UsageError
from prompteval.core.problem import Collector, Problem, did_you_mean
from prompteval.core.strict_json import json_type_name, loads
from prompteval.core.text import counted
from prompteval.workspace.csv_reader import csv_fault, csv_reader, delimiter_of
from prompteval.workspace.jsonl import read_jsonl
from prompteval.workspace.safe_paths import check_regular
from prompteval.workspace.text import decode
from prompteval.workspace.yaml12 import parse

ENDINGS = (".jsonl", ".csv", ".yaml", ".yml")
Raw = dict[str, object]


@dataclass(frozen=True, slots=True)
class Fields:
    """Where in a row each part is: dotted paths such as `inputs.message`; those of a case by default.

    Without `text` every text below `inputs`, else of the whole row, is the row's text. Without `label` the
    label is `expected`, or its only field.
    """

    text: str | None = None
    label: str | None = None
    group: str | None = None
    time: str | None = None
    split: str | None = None
    id: str | None = None

    def named(self) -> dict[str, str | None]:
        """The fields that were named, by the option that names them."""
        return {
            "--text": self.text,
            "--label": self.label,
            "--group": self.group,
            "--time": self.time,
            "--split": self.split,
            "--id": self.id,
        }


@dataclass(frozen=True, slots=True)
class DataRow:
    """One row: where it is, what it says, and the side of the split it is on. Empty where it has none.

    `replicate` tells recorded outputs of one case apart.
    """

    path: str
    line: int
    id: str
    text: str
    label: str = ""
    group: str = ""
    time: str = ""
    split: str = ""
    replicate: str = ""


def read_raw(path: Path, shown: str = "") -> Iterator[tuple[int, Raw]]:
    """(line, row) of a `.jsonl`, `.csv`, `.yaml` or `.yml` file, one at a time; of YAML read as a whole.

    CSV columns may have any names; each cell is a text. Raises InvalidInput, behind the last row, with
    everything that could not be read; UsageError for another ending or a file that is not there.
    """
    name = shown or str(path)
    if path.suffix not in ENDINGS:
        help = did_you_mean(path.suffix, ENDINGS)
        raise UsageError(f"{name}: unsupported file extension {path.suffix!r}", help)
    collector = Collector(name)
    check_regular(path)
    try:
        if path.suffix == ".jsonl":
            records = read_jsonl(path.open("rb"), name, collector.add)
        elif path.suffix == ".csv":
            records = _csv(path.open("rb"), name)
        else:
            records = _yaml(path.read_bytes(), name)
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}") from None
    for line, value in records:
        if isinstance(value, dict):
            yield line, value
        else:
            collector.add(line, 1, "PE310", f"a row must be an object, not {json_type_name(value)}")
    if collector.found:
        raise InvalidInput(collector.found)


def _csv(file: BinaryIO, name: str) -> Iterator[tuple[int, object]]:
    """Rows by the header's names; a row with more or fewer cells is an error, never shifted."""
    with file:
        lines = _lines(file, name)
        first = next(lines, "")
        reader = csv_reader(chain([first], lines), delimiter_of(first))
        try:
            header = next(reader, [])
            twice = next((column for column, count in Counter(header).items() if count > 1), None)
            if twice is not None:
                raise _fault(name, 1, f"not CSV: duplicate column {twice!r}", "rename one")
            line = reader.line_num + 1
            for cells in reader:
                if len(cells) == len(header):
                    yield line, dict(zip(header, cells, strict=True))
                elif cells:
                    what = f"not CSV: the row has {counted(len(cells), 'cell')}, the header {len(header)}"
                    raise _fault(name, line, what, "quote cells that hold the delimiter")
                line = reader.line_num + 1
        except csv.Error as error:
            raise _fault(name, reader.line_num, *csv_fault(str(error))) from None


def _fault(name: str, line: int, message: str, help: str) -> InvalidInput:
    return InvalidInput([Problem(name, line, 1, "PE304", message, help)])


def _lines(file: BinaryIO, name: str) -> Iterator[str]:
    for number, line in enumerate(file, 1):
        try:
            yield decode(line, name)
        except InvalidInput as error:
            raise InvalidInput([replace(one, line=number) for one in error.problems]) from None


def _yaml(data: bytes, name: str) -> Iterator[tuple[int, object]]:
    document = parse(decode(data, name), name)
    prefix: tuple[str, ...] = ()
    items = document.value
    if isinstance(items, dict) and set(items) == {"cases"}:
        items, prefix = items["cases"], ("cases",)
    if not isinstance(items, list):
        problems = Collector(name)
        problems.add(1, 1, "PE302", "a data file is a list of rows", "begin lines with `- id:`")
        raise InvalidInput(problems.found)
    for index, item in enumerate(items):
        yield document.place((*prefix, index))[0], item


def at(raw: object, field: str) -> object:
    """The value at a dotted path; a key that is written with its dots wins. None where nothing is."""
    if isinstance(raw, Mapping) and field in raw:
        return raw[field]
    head, dot, rest = field.partition(".")
    return at(raw[head], rest) if dot and isinstance(raw, Mapping) and head in raw else None


def data_row(raw: Raw, path: str, line: int, fields: Fields, split: str = "") -> DataRow:
    """The row of a record; `split` is the side of a row without one."""
    return DataRow(
        path,
        line,
        scalar_text(at(raw, fields.id or "id")),
        row_text(raw, fields),
        _label(raw, fields.label),
        scalar_text(at(raw, fields.group or "cluster")),
        scalar_text(at(raw, fields.time)) if fields.time else "",
        scalar_text(at(raw, fields.split or "split")) or split,
        scalar_text(raw.get("replicate")),
    )


def row_text(raw: Raw, fields: Fields) -> str:
    """The text of a row: of one field, or of everything that goes in."""
    if fields.text:
        return "\n".join(texts(at(raw, fields.text)))
    if "inputs" in raw:
        return "\n".join(texts(raw["inputs"]))
    inputs = {key: value for key, value in raw.items() if key.startswith("inputs.")}
    return "\n".join(texts(inputs or {key: raw[key] for key in raw if key not in _NOT_TEXT}))


_NOT_TEXT = {"id", "expected", "label", "split", "cluster", "tags", "repeat"}


def texts(value: object) -> list[str]:
    """Every text of a JSON value, but keys."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in texts(item)]
    return [text for item in value for text in texts(item)] if isinstance(value, list) else []


def _label(raw: Raw, field: str | None) -> str:
    if field:
        return scalar_text(at(raw, field))
    value = raw.get("expected", raw.get("label"))
    if value is None:
        cells = [raw[key] for key in raw if key.startswith("expected.")]
        return scalar_text(cells[0]) if len(cells) == 1 else ""
    if isinstance(value, Mapping):
        return scalar_text(next(iter(value.values()))) if len(value) == 1 else ""
    return scalar_text(value)


def scalar_text(value: object) -> str:
    """A scalar as a text, a whole number the same as 5 and 5.0; empty for a list, a mapping, and None."""
    if value is None or isinstance(value, list | Mapping):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def json_cell(text: str) -> object:
    """What a cell says as JSON, or its text."""
    try:
        return loads(text)
    except ValueError:
        return text
