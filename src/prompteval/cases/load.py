"""Streams the cases of a file, and says everything that is wrong with it at the end."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from prompteval.cases.csvfile import read_csv
from prompteval.cases.places import CSV_ENDING, LINE_ENDINGS, UNKNOWN_KEY, Wanted, line_places, yaml_place
from prompteval.cases.problem import Pointer, Wrong
from prompteval.cases.record import Typed, Validate, to_case
from prompteval.core.case import Case
from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Collector, Problem
from prompteval.workspace.jsonl import read_jsonl
from prompteval.workspace.suite import CaseSource
from prompteval.workspace.text import decode
from prompteval.workspace.tree import Tree
from prompteval.workspace.yaml12 import Place, YamlDocument, parse

ENDINGS = (*LINE_ENDINGS, ".yaml", ".yml")


def load_cases(
    tree: Tree,
    path: str,
    *,
    validate: Validate | None = None,
    checked: bool = False,
    typed: Typed | None = None,
) -> Iterator[Case]:
    """The cases of a `.jsonl`, `.yaml`, `.yml` or `.csv` file, one at a time, in file order.

    `checked` is for a file that was read through before: its values are not validated again. `typed` reads
    each record's values as the target's types do.

    Memory stays flat for JSONL and CSV: of each case only a 64-bit hash of its id is kept, to
    find duplicates. Raises InvalidInput after the last case when anything was wrong, with at
    most MOST_PROBLEMS problems and the number of the rest.
    """
    collector = _CaseCollector(path)
    if path.endswith(".jsonl"):
        records = read_jsonl(tree.open(path), path, collector.add)
    elif path.endswith(CSV_ENDING):
        records = read_csv(tree.open(path), path, collector.add)
    elif path.endswith((".yaml", ".yml")):
        yield from _yaml_cases(tree, path, validate, typed)
        return
    else:
        message = "cases are read from .jsonl, .yaml, .yml or .csv"
        raise InvalidInput([Problem(path, 0, 0, "PE301", message, "rename or convert the file")])
    seen: set[int] = set()
    duplicates: list[tuple[str, int]] = []
    for line, raw in records:
        case, wrong = to_case(raw, line, validate, checked=checked, typed=typed)
        collector.add_wrong(line, wrong)
        if case is None or not case.id:
            continue
        mark = hash(case.id)
        if mark in seen:
            duplicates.append((case.id, line))
        seen.add(mark)
        if not wrong:
            yield case
    if duplicates:
        _report_duplicates(tree, path, duplicates, collector)
    if collector.wanted:
        collector.place_at(line_places(tree, path, list(collector.wanted.values())))
    collector.check()


def case_files(tree: Tree, path: str) -> list[str]:
    """The other case files in the directory of `path`."""
    directory = posixpath.dirname(path)
    return [near for near in tree.list(directory) if near.endswith(ENDINGS) and near != path]


class _CaseCollector(Collector):
    """Collects what is wrong with a case file; `wanted` are the values whose columns are not known yet."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.wanted: dict[int, Wanted] = {}

    def add_wrong(self, line: int, wrong: Sequence[Wrong]) -> None:
        """Note what is wrong with the case that begins at a line."""
        for pointer, code, message, help in wrong:
            if pointer and not self.full:
                self.wanted[len(self._found)] = Wanted(line, pointer, at_key=code == UNKNOWN_KEY)
            self.add(line, 1, code, _with_pointer(pointer, message), help)

    def add_in_document(
        self, document: YamlDocument, prefix: Pointer, raw: object, wrong: Sequence[Wrong]
    ) -> None:
        """Note what is wrong with the case `raw`, which is at `prefix` of a document."""
        for pointer, code, message, help in wrong:
            place = yaml_place(document, prefix, raw, pointer, at_key=code == UNKNOWN_KEY)
            self.add(*place, code, _with_pointer(pointer, message), help)

    def place_at(self, places: Mapping[Wanted, Place]) -> None:
        """Give what was noted the places of the values that it is with."""
        for number, wanted in self.wanted.items():
            line, column = places.get(wanted, (wanted.line, 1))
            self._found[number] = replace(self._found[number], line=line, col=column)

    def check(self) -> None:
        if self.found:
            raise InvalidInput(self.found)


def _report_duplicates(
    tree: Tree, path: str, duplicates: list[tuple[str, int]], collector: _CaseCollector
) -> None:
    """Read the file again for the first line of each doubled id. Equal hashes of two ids are not a fault."""
    wanted = {case_id for case_id, _ in duplicates}
    reader = read_jsonl if path.endswith(".jsonl") else read_csv
    first: dict[str, int] = {}
    again: dict[str, list[int]] = {}
    for line, raw in reader(tree.open(path), path, lambda *_: None):
        case_id = str(raw.get("id")) if isinstance(raw, dict) else ""
        if case_id in wanted:
            if case_id in first:
                again.setdefault(case_id, []).append(line)
            else:
                first[case_id] = line
    for case_id, lines in again.items():
        for line in lines:
            message = f"duplicate id {case_id!r}, first at line {first[case_id]}"
            collector.add(line, 1, "PE321", message, "ids are unique in a suite")


def _yaml_cases(tree: Tree, path: str, validate: Validate | None, typed: Typed | None) -> Iterator[Case]:
    document = parse(decode(tree.read(path), path), path)
    items = document.value
    prefix: Pointer = ()
    if isinstance(items, dict) and set(items) == {"cases"}:
        items, prefix = items["cases"], ("cases",)
    if not isinstance(items, list):
        raise InvalidInput(
            [Problem(path, 1, 1, "PE302", "a case file must be a list of cases", "begin lines with `- id:`")]
        )
    collector = _CaseCollector(path)
    first: dict[str, int] = {}
    for index, raw in enumerate(items):
        line, column = document.place((*prefix, index))
        case, wrong = to_case(raw, line, validate, typed=typed)
        collector.add_in_document(document, (*prefix, index), raw, wrong)
        if case is None or not case.id:
            continue
        if case.id in first:
            message = f"duplicate id {case.id!r}, first at line {first[case.id]}"
            collector.add(line, column, "PE321", message, "ids are unique in a suite")
        first.setdefault(case.id, line)
        if not wrong:
            yield case
    collector.check()


def inline_cases(
    source: CaseSource, path: str, *, validate: Validate | None = None, typed: Typed | None = None
) -> Iterator[Case]:
    """The cases written in a suite file itself."""
    collector = _CaseCollector(path)
    first: dict[str, int] = {}
    for index, raw in enumerate(source.inline):
        line, column = source.place(index)
        case, wrong = to_case(raw, line, validate, typed=typed)
        collector.add_in_document(source.document, ("cases", index), raw, wrong)
        if case is None:
            continue
        if case.id in first:
            collector.add(line, column, "PE321", f"duplicate id {case.id!r}, first at line {first[case.id]}")
        first.setdefault(case.id, line)
        if not wrong:
            yield case
    collector.check()


def _with_pointer(pointer: Pointer, message: str) -> str:
    place = ".".join(str(part) for part in pointer)
    return f"{place}: {message}" if place and place not in message else message
