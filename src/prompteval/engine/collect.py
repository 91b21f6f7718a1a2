"""Stored rows of one entry to columns: light, in order of case id, repeats reduced per case."""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prompteval.engine.evidence import EvidenceColumn, Need, read_attempt
from prompteval.engine.measures import Measure
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
    low: float | None = 0.0
    high: float | None = 1.0
    binary: bool = True
    repeated: bool = False

    def add(self, scores: Sequence[Any]) -> None:
        """The scores of one case's repeats: their mean, the first repeat's classes."""
        values = [score[1] for score in scores if score[1] is not None]
        labels = next((score[3] for score in scores if len(score) > 3 and score[3]), None)
        self.values.append(sum(values) / len(values) if values else float("nan"))
        self.binary = self.binary and all(value in (0.0, 1.0) for value in values)
        self.repeated = self.repeated or len(values) > 1
        for score in scores:
            if len(score) > 7:
                self._widen(score[7], score[8] if len(score) > 8 else 1.0)
        failed = not values and any(len(score) > 2 and score[2] == "failed" for score in scores)
        self.failed.append(int(failed))
        self.expected.append(self._code(labels[0]) if labels else -1)
        self.predicted.append(self._code(labels[1]) if labels and labels[1] is not None else -1)

    def _code(self, label: str) -> int:
        return self.classes.setdefault(label, len(self.classes))

    def _widen(self, low: float | None, high: float | None) -> None:
        """The scale holds every score's own; open where one is."""
        self.low = None if low is None or self.low is None else min(low, self.low)
        self.high = None if high is None or self.high is None else max(high, self.high)

    def scored(self) -> NDArray[np.bool_]:
        """Mask of the cases with a score."""
        values = np.frombuffer(self.values, dtype=np.float64) if self.values else np.zeros(0)
        return ~np.isnan(values)

    def columns(self, kept: NDArray[np.bool_], mask: NDArray[np.bool_] | None = None) -> Columns:
        """Columns of the kept cases; failed scorers under the mask count as missing."""
        names = sorted(self.classes)
        order = np.full(len(names) + 1, -1, dtype=np.int32)
        for index, name in enumerate(names):
            order[self.classes[name]] = index
        values = np.frombuffer(self.values, dtype=np.float64) if self.values else np.zeros(0)
        expected = np.frombuffer(self.expected, dtype=np.int32) if self.expected else np.zeros(0, np.int32)
        predicted = np.frombuffer(self.predicted, dtype=np.int32) if self.predicted else np.zeros(0, np.int32)
        failed = np.frombuffer(self.failed, dtype=np.int8) if self.failed else np.zeros(0, np.int8)
        missing = int(failed.sum() if mask is None else failed[mask].sum())
        codes = order[expected[kept]], order[predicted[kept]]
        repeated = self.binary and self.repeated
        return Columns(
            values[kept], *codes, tuple(names), missing, self.low, self.high, repeated=repeated
        )  # fmt: skip


@dataclass(slots=True)
class ClusterColumn:
    """Which cases belong together; nothing is kept until a case names its cluster."""

    cases: int = 0
    found: TagColumn = field(default_factory=TagColumn)

    def add(self, cluster: str | None) -> None:
        """The next case, in its cluster or alone."""
        self.cases += 1
        if cluster is None and not self.found.codes:
            return
        if not self.found.codes:
            self.found.codes.extend([-1] * (self.cases - 1))
        self.found.add(cluster)

    def codes(self, kept: NDArray[np.bool_]) -> NDArray[np.int32] | None:
        """A number from 0 for each kept case's cluster, a case alone its own; None without clusters."""
        if not self.found.codes:
            return None
        named = np.frombuffer(self.found.codes, dtype=np.int32)
        alone = len(self.found.values) + np.arange(len(named), dtype=np.int32)
        codes = np.where(named < 0, alone, named)[kept]
        return np.unique(codes, return_inverse=True)[1].astype(np.int32)


@dataclass(slots=True)
class EntryColumns:
    """Everything the numbers of one (suite, prompt, model) are made from."""

    case_ids: list[str] | None
    outcomes: Counter[str] = field(default_factory=Counter)
    scores: dict[str, ScoreColumn] = field(default_factory=dict)
    tags: dict[str, TagColumn] = field(default_factory=dict)
    latencies: array[float] = field(default_factory=lambda: array("d"))
    evidence: dict[Need, EvidenceColumn] = field(default_factory=dict)
    clusters: ClusterColumn = field(default_factory=lambda: ClusterColumn())
    skipped: int = 0

    def of(self, measure: Measure, mask: NDArray[np.bool_] | None = None) -> Columns:
        """The columns a metric reads, of the cases under a mask."""
        if measure.spec.source.kind == "values":
            column = self.scores[measure.scorer]
            kept = column.scored() if mask is None else column.scored() & mask
            return replace(column.columns(kept, mask), clusters=self.clusters.codes(kept))
        evidence = self.evidence[measure.scorer, measure.spec.source]
        kept, extra, left_out, missing = evidence.select(mask)
        scores = self.scores.get(measure.scorer)
        if scores is None:
            none = np.full(len(extra), -1, dtype=np.int32)
            found = Columns(extra[:, 0], none, none, ())
        else:
            found = scores.columns(kept)
        return replace(
            found,
            extra=extra,
            left_out=left_out,
            missing=missing,
            reason=evidence.reason(found, left_out, missing),
            clusters=self.clusters.codes(kept),
        )


def collect(
    stored: Iterable[tuple[Any, ...]],
    scorers: Sequence[str],
    tags: Sequence[str],
    *,
    keep_ids: bool,
    exclude_errors: bool = False,
    needs: Mapping[Need, str] | None = None,
) -> EntryColumns:
    """Columns from (case id, replicate, outcome, latency, confidence, case JSON, scores JSON) rows in order.

    `needs` names what metrics read beside scores, each with the output field its scorer reads;
    rows then carry what the target reported too (see `SqliteStore.score_columns`).
    `keep_ids` keeps the ids too, for references that need them. `exclude_errors` counts the
    cases whose target failed and leaves them out of every column.
    """
    columns = EntryColumns([] if keep_ids else None)
    columns.scores = {name: ScoreColumn() for name in scorers}
    columns.tags = {name: TagColumn() for name in tags}
    columns.evidence = {key: EvidenceColumn(key[1], where) for key, where in (needs or {}).items()}
    for case_id, group in groupby(stored, key=lambda row: row[0]):
        rows = list(group)
        outcome = _worst_outcome(rows)
        columns.outcomes[outcome] += 1
        if exclude_errors and outcome == "error":
            continue
        columns.latencies.extend(row[3] for row in rows)
        if columns.case_ids is not None:
            columns.case_ids.append(case_id)
        by_row = [{score[0]: score for score in json.loads(row[6] or "[]")} for row in rows]
        for name, column in columns.scores.items():
            column.add([scores[name] for scores in by_row if name in scores])
        if columns.evidence:
            seen = [read_attempt(row) for row in rows]
            for (name, _), evidence in columns.evidence.items():
                pairs = zip(seen, by_row, strict=True)
                evidence.add([(a, scores.get(name, ())) for a, scores in pairs if not name or name in scores])
        _add_case_facts(columns, rows[0][5], tags)
    return columns


def _add_case_facts(columns: EntryColumns, case: str, tags: Sequence[str]) -> None:
    """A case's tags and cluster; its JSON is read only when it has one that is asked for."""
    # A text inside the case cannot hold this, for its quotation marks are escaped.
    clustered = '"cluster":' in case
    carried = json.loads(case) if tags or clustered else {}
    for tag in tags:
        columns.tags[tag].add(carried.get("tags", {}).get(tag))
    columns.clusters.add(carried.get("cluster"))


def _worst_outcome(rows: Sequence[tuple[Any, ...]]) -> str:
    """Of a case's repeats: error, else unusable, else ok."""
    found = {row[2] for row in rows}
    if "error" in found:
        return "error"
    return "invalid" if found & set(UNUSABLE) else "ok"
