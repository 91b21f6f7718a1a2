"""Where the values of a case are written: in its line of JSON, its row of CSV, or a document of YAML."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial, reduce
from itertools import chain
from operator import getitem
from typing import Any, BinaryIO, NamedTuple

from prompteval.cases.problem import Pointer
from prompteval.core.case import Case
from prompteval.workspace.csv_reader import csv_reader, delimiter_of
from prompteval.workspace.jsonl import MAX_LINE_BYTES
from prompteval.workspace.text import decode
from prompteval.workspace.tree import Tree
from prompteval.workspace.yaml12 import Place, YamlDocument, parse

# The code of a key that is not known; every other problem is with a value.
UNKNOWN_KEY = "PE311"
CSV_ENDING = ".csv"
# Of files with a case on each line, or on a few.
LINE_ENDINGS = (".jsonl", CSV_ENDING)
_SPACE = re.compile(r"[ \t\r\n]*+")
_QUOTED = re.compile(r'(?:[^"]++|"")*+')
# Of text that was read before: numbers of any length stay texts.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


class Wanted(NamedTuple):
    """A value of the case that begins at a line of its file, or the key that leads to it."""

    line: int
    pointer: Pointer
    at_key: bool


def value_place(tree: Tree, path: str, case: Case, pointer: Pointer) -> Place:
    """The place of a value of a case in its file, or in the suite that holds it; else of its line.

    Raises InvalidInput where the file cannot be read.
    """
    if path.endswith(LINE_ENDINGS):
        wanted = Wanted(case.line, pointer, at_key=False)
        return line_places(tree, path, [wanted]).get(wanted, (case.line, 1))
    document = parse(decode(tree.read(path), path), path)
    prefix: Pointer = ("cases",) if isinstance(document.value, dict) else ()
    items = _value_at(document.value, prefix)
    for index, raw in enumerate(items if isinstance(items, list) else ()):
        if isinstance(raw, dict) and str(raw.get("id")) == case.id:
            return yaml_place(document, (*prefix, index), raw, pointer)
    return case.line, 1


def line_places(tree: Tree, path: str, wanted: Sequence[Wanted]) -> dict[Wanted, Place]:
    """The places of values in a file of JSON lines or in a CSV file."""
    places = csv_places if path.endswith(CSV_ENDING) else json_places
    return places(tree.open(path), wanted)


def json_places(file: BinaryIO, wanted: Sequence[Wanted]) -> dict[Wanted, Place]:
    """The place of each value in a file of JSON lines; none of a line that was changed since it was read."""
    found: dict[Wanted, Place] = {}
    by_line = _by_line(wanted)
    for number, text in _numbered(file):
        for one in by_line.pop(number, ()):
            with suppress(ValueError, IndexError):  # the line is another one now
                found[one] = (number, json_column(text, one.pointer, at_key=one.at_key))
        if not by_line:
            break
    return found


def csv_places(file: BinaryIO, wanted: Sequence[Wanted]) -> dict[Wanted, Place]:
    """The place of the cell of each value in a CSV file; the beginning of the row for what has no cell."""
    found: dict[Wanted, Place] = {}
    by_line, lines = _by_line(wanted), _numbered(file)
    head = next(lines, (1, ""))[1]
    delimiter = delimiter_of(head)
    columns = [column.strip() for column in next(csv_reader([head], delimiter), [])]
    for number, text in lines:
        asked = by_line.pop(number, ())
        places = _cells(chain([(number, text)], lines), delimiter, len(columns)) if asked else []
        cells = dict(zip(columns, places, strict=False))
        for one in asked:
            names = [".".join(map(str, one.pointer[:length])) for length in (2, 1)]
            found[one] = next((cells[name] for name in names if name in cells), (number, 1))
        if not by_line:
            break
    return found


def yaml_place(
    document: YamlDocument, prefix: Pointer, raw: object, pointer: Pointer, *, at_key: bool = False
) -> Place:
    """The place of a value of a case `raw`, which is at `prefix`; of a mapping or a list, that of its key."""
    at_key = at_key or isinstance(_value_at(raw, pointer), Mapping | list)
    return document.place_of((*prefix, *pointer), at_key)


def _value_at(raw: Any, pointer: Pointer) -> object:
    try:
        return reduce(getitem, pointer, raw)
    except (LookupError, TypeError):
        return None


def json_column(text: str, pointer: Pointer, *, at_key: bool = False) -> int:
    """The column of a value in JSON that was read before; of an object or a list, that of its key.

    The column of the nearest value around it where it is not there.
    """
    key = at = _past_space(text, 0)
    for step in pointer:
        child = _child(text, at, step)
        if child is None:
            return at + 1
        key, at = child
    return (key if at_key or text[at] in "{[" else at) + 1


def _child(text: str, at: int, step: str | int) -> tuple[int, int] | None:
    """(offset of the key, offset of the value) of a part of the value at an offset; equal for an element."""
    is_object = text[at] == "{"
    if not is_object and text[at] != "[":
        return None
    at, number = _past_space(text, at + 1), 0
    while text[at] not in "}]":
        begin, name = at, number
        if is_object:
            name, at = _DECODER.raw_decode(text, at)
            at = _past_space(text, _past_space(text, at) + 1)
        if name == step:
            return begin, at
        at = _past_space(text, _DECODER.raw_decode(text, at)[1])
        at = _past_space(text, at + 1) if text[at] == "," else at
        number += 1
    return None


def _cells(lines: Iterator[tuple[int, str]], delimiter: str, count: int) -> list[Place]:
    """Where the first `count` cells of a row begin; its lines come first, and no line behind it is read."""
    found: list[Place] = []
    is_quoted = False
    for number, text in lines:
        at = 0
        if not is_quoted:
            found.append((number, 1))
        while True:
            if not is_quoted and text.startswith('"', at):
                is_quoted, at = True, at + 1
            if is_quoted:
                inside = _QUOTED.match(text, at)
                at = len(text) if inside is None else inside.end()
                if at == len(text):
                    break  # the cell goes on in the next line
                is_quoted = False
            at = text.find(delimiter, at) + 1
            if not at or len(found) == count:
                return found
            found.append((number, at + 1))
    return found


def _numbered(file: BinaryIO) -> Iterator[tuple[int, str]]:
    """The lines of a file with their numbers; a byte that is not UTF-8 counts as a character."""
    with file:
        for number, line in enumerate(iter(partial(file.readline, MAX_LINE_BYTES + 1), b""), 1):
            yield number, line.decode("utf-8-sig" if number == 1 else "utf-8", "replace")


def _by_line(wanted: Sequence[Wanted]) -> dict[int, list[Wanted]]:
    found: dict[int, list[Wanted]] = {}
    for one in wanted:
        found.setdefault(one.line, []).append(one)
    return found


def _past_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return at if found is None else found.end()
