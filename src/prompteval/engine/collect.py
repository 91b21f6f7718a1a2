"""Stored rows of one entry to columns: light, in order of case id, repeats reduced per case."""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prompteval.metrics.columns import Columns

UNUSABLE = ("invalid", "refused", "truncated", "filtered")


@dataclass(slots=True)
class TagColumn:
    """A tag's value for each case, as codes into `values`; -1 where the case lacks it."""

    codes: array[int] = field(default_factory=lambda: array("i"))
    values: dict[str, int] = field(default_factory=dict)

    def add(self, value: str | None) -> None:
        self.codes.append(-1 if value is None else self.values.setdefault(value, len(self.values)))

    def masks(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """(value, mask over cases), by value."""
        codes = np.frombuffer(self.codes, dtype=np.int32) if self.codes else np.zeros(0, np.int32)
        for value in sorted(self.values):
            yield value, codes == self.values[value]


@dataclass(slots=True)
class ScoreColumn:
    """One scorer's values for each case; NaN marks a case without a score, inside this class only."""

    values: array[float] = field(default_factory=lambda: array("d"))
    expected: array[int] = field(default_factory=lambda: array("i"))
    predicted: array[int] = field(default_factory=lambda: array("i"))
    classes: dict[str, int] = field(default_factory=dict)
    failed: array[int] = field(default_factory=lambda: array("b"))
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, scores: Sequence[Any]) -> None:
        """The scores of one case's repeats: their mean, the first repeat's classes."""
        values = [score[1] for score in scores if score[1] is not None]
        labels = next((score[3] for score in scores if len(score) > 3 and score[3]), None)
        self.values.append(sum(values) / len(values) if values else float("nan"))
        failed = not values and any(len(score) > 2 and score[2] == "failed" for score in scores)
        self.failed.append(int(failed))
        if not values and scores and len(scores[0]) > 4:
            self.reasons[scores[0][4]] += 1
        self.expected.append(self._code(labels[0]) if labels else -1)
        self.predicted.append(self._code(labels[1]) if labels and labels[1] is not None else -1)

    def _code(self, label: str) -> int:
        return self.classes.setdefault(label, len(self.classes))

    def columns(self, mask: NDArray[np.bool_] | None = None) -> Columns:
        """Columns of the scored cases under a mask; failed scorers count as missing."""
        names = sorted(self.classes)
        order = np.full(len(names) + 1, -1, dtype=np.int32)
        for index, name in enumerate(names):
            order[self.classes[name]] = index
        values = np.frombuffer(self.values, dtype=np.float64) if self.values else np.zeros(0)
        kept = ~np.isnan(values) if mask is None else ~np.isnan(values) & mask
        expected = np.frombuffer(self.expected, dtype=np.int32) if self.expected else np.zeros(0, np.int32)
        predicted = np.frombuffer(self.predicted, dtype=np.int32) if self.predicted else np.zeros(0, np.int32)
        failed = np.frombuffer(self.failed, dtype=np.int8) if self.failed else np.zeros(0, np.int8)
        missing = int(failed.sum() if mask is None else failed[mask].sum())
        return Columns(values[kept], order[expected[kept]], order[predicted[kept]], tuple(names), missing)


@dataclass(slots=True)
class EntryColumns:
    """Everything the numbers of one (suite, prompt, model) are made from."""

    case_ids: list[str] | None
    outcomes: Counter[str] = field(default_factory=Counter)
    scores: dict[str, ScoreColumn] = field(default_factory=dict)
    tags: dict[str, TagColumn] = field(default_factory=dict)
    latencies: array[float] = field(default_factory=lambda: array("d"))
    skipped: int = 0


def collect(
    stored: Iterable[tuple[Any, ...]],
    scorers: Sequence[str],
    tags: Sequence[str],
    *,
    keep_ids: bool,
    exclude_errors: bool = False,
) -> EntryColumns:
    """Columns from (case id, replicate, outcome, latency, confidence, case JSON, scores JSON) rows in order.

    `keep_ids` keeps the ids too, for references that need them. `exclude_errors` counts the
    cases whose target failed and leaves them out of every column.
    """
    columns = EntryColumns([] if keep_ids else None)
    columns.scores = {name: ScoreColumn() for name in scorers}
    columns.tags = {name: TagColumn() for name in tags}
    for case_id, group in groupby(stored, key=lambda row: row[0]):
        rows = list(group)
        outcome = _worst_outcome(rows)
        columns.outcomes[outcome] += 1
        if exclude_errors and outcome == "error":
            continue
        columns.latencies.extend(row[3] for row in rows)
        if columns.case_ids is not None:
            columns.case_ids.append(case_id)
        by_name: dict[str, list[Any]] = {name: [] for name in scorers}
        for row in rows:
            for score in json.loads(row[6] or "[]"):
                if score[0] in by_name:
                    by_name[score[0]].append(score)
        for name, scores in by_name.items():
            columns.scores[name].add(scores)
        if tags:
            carried = json.loads(rows[0][5]).get("tags", {})
            for tag in tags:
                columns.tags[tag].add(carried.get(tag))
    return columns


def _worst_outcome(rows: Sequence[tuple[Any, ...]]) -> str:
    """Of a case's repeats: error, else unusable, else ok."""
    found = {row[2] for row in rows}
    if "error" in found:
        return "error"
    return "invalid" if found & set(UNUSABLE) else "ok"
