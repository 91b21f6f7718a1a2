"""What lies on both sides of a split: duplicates, clusters, the future."""

import math
from collections.abc import Sequence
from typing import overload

import numpy as np

from prompteval.data.equal import Places, first_equal, repeats
from prompteval.data.findings import Findings, named
from prompteval.data.minhash import near_pairs
from prompteval.data.normal import normal
from prompteval.data.rows import DataRow
from prompteval.data.times import moment

TRAIN = "train"


def check_duplicates(rows: Sequence[DataRow], near: float | None, findings: Findings) -> None:
    """Equal and similar texts, within and across splits; `near` None looks at equal ones alone.

    A row that is like many others is reported once within its split and once across: of a thousand texts of
    one form, not each with each.
    """
    first = first_equal(rows, _normal_text)
    for place in repeats(first):
        _equal(rows[place], rows[int(first[place])], findings)
    if near is None:
        return
    places = np.flatnonzero(first == np.arange(len(first)))
    sides = [row.split for row in rows]
    known: tuple[set[int], set[int]] = (set(), set())  # rows that are reported: within a split, across

    def is_across(first: int, second: int) -> bool:
        return bool(sides[int(places[first])] != sides[int(places[second])])

    def is_new(first: int, second: int) -> bool:
        return second not in known[is_across(first, second)]

    for pair in near_pairs(_NormalTexts(rows, places), near, is_new):
        known[is_across(pair.first, pair.second)].add(pair.second)
        one, other = int(places[pair.first]), int(places[pair.second])
        _similar(rows[other], rows[one], pair.jaccard, findings)


class _NormalTexts(Sequence[str]):
    """The texts of the rows at some places, as they are compared; read when they are asked for."""

    def __init__(self, rows: Sequence[DataRow], places: Places) -> None:
        self._rows, self._places = rows, places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return _NormalTexts(self._rows, self._places[place])
        return normal(self._rows[int(self._places[place])].text)


def _normal_text(row: DataRow) -> str:
    return normal(row.text)


def _equal(row: DataRow, earlier: DataRow, findings: Findings) -> None:
    if row.split != earlier.split:
        message = f"{_side(row)} row equals {_side(earlier)} row {named(earlier)}"
        findings.add(row, "PD102", message, "keep it on one side: group equal rows, or remove one")
    else:
        findings.add(row, "PD101", f"duplicate of {named(earlier)}", "remove one, or give both one cluster")


def _similar(row: DataRow, earlier: DataRow, jaccard: float, findings: Findings) -> None:
    alike = f"{jaccard:.2f} alike"
    if row.split != earlier.split:
        message = f"{_side(row)} row is nearly {_side(earlier)} row {named(earlier)}, {alike}"
        findings.add(row, "PD104", message, "give both one cluster, and split by it")
    else:
        message = f"nearly a duplicate of {named(earlier)}, {alike}"
        findings.add(row, "PD103", message, "remove one, or give both one cluster")


def check_groups(rows: Sequence[DataRow], findings: Findings) -> None:
    """A cluster, user or document whose rows are in more than one split."""
    first = first_equal(rows, lambda row: row.group if row.split else "")
    reported: set[int] = set()
    for place in repeats(first):
        start = int(first[place])
        if start in reported:
            continue
        row, earlier = rows[place], rows[start]
        if earlier.split != row.split:
            reported.add(start)
            message = (
                f"group {row.group!r} is in {row.split!r} and, by {named(earlier)}, in {earlier.split!r}"
            )
            findings.add(row, "PD108", message, "`prompteval data split --group` keeps a group together")


def check_ids(rows: Sequence[DataRow], findings: Findings) -> None:
    """Ids that an earlier row of the same file has; of recorded outputs, with the same `replicate`."""
    first = first_equal(rows, lambda row: f"{row.path}\0{row.replicate or 0}\0{row.id}" if row.id else "")
    for place in repeats(first):
        row, line = rows[place], rows[int(first[place])].line
        of = f"replicate {row.replicate:.60} of id" if row.replicate else "id"
        message = f"duplicate {of} {row.id!r:.60} (first at line {line})"
        findings.add(row, "PD121", message, "give each row an id of its own")


def check_times(rows: Sequence[DataRow], findings: Findings) -> None:
    """Rows of train that are later than the first row of another split; times that cannot be read."""
    start, first = math.inf, None
    for row in rows:
        when = moment(row.time) if row.time else math.inf
        if when is None:
            message = f"time {row.time!r:.40} is not an ISO 8601 time or a number"
            findings.add(row, "PD120", message, "write 2026-11-28T12:00:00")
        elif row.split and row.split != TRAIN and when < start:
            start, first = when, row
    if first is None:
        return
    for row in rows:
        when = moment(row.time) if row.split == TRAIN and row.time else None
        if when is not None and when > start:
            message = (
                f"train row of {row.time} is later than {_side(first)} row {named(first)} of {first.time}"
            )
            findings.add(row, "PD109", message, "`prompteval data split --time` puts the past into train")


def check_conflicts(rows: Sequence[DataRow], findings: Findings) -> None:
    """Equal texts with different labels: one of them is wrong, or the text lacks what decides."""
    first = first_equal(rows, lambda row: normal(row.text) if row.label else "")
    for place in repeats(first):
        row, earlier = rows[place], rows[int(first[place])]
        if earlier.label != row.label:
            labels = f"label {row.label!r:.60}, and {earlier.label!r:.60}"
            message = f"{labels} for the same text in {named(earlier)}"
            help = "decide on one label, or add the input that tells them apart"
            findings.add(row, "PD111", message, help)


def _side(row: DataRow) -> str:
    return repr(row.split) if row.split else "unsplit"
