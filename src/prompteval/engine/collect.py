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

from prompteval.engine.evidence import MISSING, SKIPPED, USED, EvidenceColumn, Need, read_attempt
from prompteval.engine.measures import Measure
from prompteval.engine.repeats import Repeats, agreed_labels, disagree
from prompteval.metrics.columns import Columns
from prompteval.report.view import FlakyCase

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
    """One scorer's values for each case; NaN marks a case without a score, inside this class only.

    `turns` counts each case's scored repeats, `flaky` marks those that differ, as far as the last case
    that has several. `failed` is 1 where no repeat could be scored, and 2 where another could.
    """

    values: array[float] = field(default_factory=lambda: array("d"))
    expected: array[int] = field(default_factory=lambda: array("i"))
    predicted: array[int] = field(default_factory=lambda: array("i"))
    classes: dict[str, int] = field(default_factory=dict)
    failed: array[int] = field(default_factory=lambda: array("b"))
    low: float | None = 0.0
    high: float | None = 1.0
    binary: bool = True
    repeated: bool = False
    turns: array[int] = field(default_factory=lambda: array("i"))
    flaky: array[int] = field(default_factory=lambda: array("b"))

    def add(self, scores: Sequence[Any]) -> None:
        """The scores of one case's repeats: their mean, the class that most of them gave."""
        values = [score[1] for score in scores if score[1] is not None]
        found = [score[3] for score in scores if len(score) > 3 and score[3]]
        labels = None if not found else found[0] if len(found) == 1 else agreed_labels(found)
        self.values.append(sum(values) / len(values) if values else float("nan"))
        self.binary = self.binary and all(value in (0.0, 1.0) for value in values)
        self.turns.append(len(values))
        if len(values) > 1:
            self.repeated = True
            self.flaky.extend([0] * (len(self.turns) - 1 - len(self.flaky)))
            self.flaky.append(int(disagree(values)))
        for score in scores:
            if len(score) > 7:
                self._widen(score[7], score[8] if len(score) > 8 else 1.0)
        failed = any(len(score) > 2 and score[2] == "failed" for score in scores)
        self.failed.append(0 if not failed else 2 if values else 1)
        self.expected.append(self._code(labels[0]) if labels else -1)
        self.predicted.append(self._code(labels[1]) if labels and labels[1] is not None else -1)

    def _code(self, label: str) -> int:
        return self.classes.setdefault(label, len(self.classes))

    def _widen(self, low: float | None, high: float | None) -> None:
        """The scale holds every score's own; open where one is."""
        self.low = None if low is None or self.low is None else min(low, self.low)
        self.high = None if high is None or self.high is None else max(high, self.high)

    def scored(self, least_turns: int = 0) -> NDArray[np.bool_]:
        """Mask of the cases with a score, of enough repeats where a metric needs them all."""
        values = np.frombuffer(self.values, dtype=np.float64) if self.values else np.zeros(0)
        found: NDArray[np.bool_] = ~np.isnan(values)
        return found & self._whole(least_turns) if least_turns else found

    def lacking(self, least_turns: int = 0) -> NDArray[np.bool_]:
        """Mask of the cases that should have a score and have none, or one of too few repeats."""
        failed = np.frombuffer(self.failed, dtype=np.int8) if self.failed else np.zeros(0, np.int8)
        found: NDArray[np.bool_] = failed == 1
        if least_turns:
            found = found | (self.scored() & ~self._whole(least_turns))
        return found

    def _whole(self, least_turns: int) -> NDArray[np.bool_]:
        turns = np.frombuffer(self.turns, dtype=np.int32) if self.turns else np.zeros(0, np.int32)
        failed = np.frombuffer(self.failed, dtype=np.int8) if self.failed else np.zeros(0, np.int8)
        whole: NDArray[np.bool_] = (turns >= least_turns) & (failed == 0)
        return whole

    def states(self, least_turns: int = 0) -> NDArray[np.int8]:
        """How each case entered: USED, SKIPPED, or MISSING where it lacks a score it should have."""
        lacking = np.where(self.lacking(least_turns), MISSING, SKIPPED)
        return np.where(self.scored(least_turns), USED, lacking).astype(np.int8)

    def columns(
        self, kept: NDArray[np.bool_], mask: NDArray[np.bool_] | None = None, least_turns: int = 0
    ) -> Columns:
        """Columns of the kept cases; those under the mask that lack a score count as missing."""
        names = sorted(self.classes)
        order = np.full(len(names) + 1, -1, dtype=np.int32)
        for index, name in enumerate(names):
            order[self.classes[name]] = index
        values = np.frombuffer(self.values, dtype=np.float64) if self.values else np.zeros(0)
        expected = np.frombuffer(self.expected, dtype=np.int32) if self.expected else np.zeros(0, np.int32)
        predicted = np.frombuffer(self.predicted, dtype=np.int32) if self.predicted else np.zeros(0, np.int32)
        lacking = self.lacking(least_turns)
        missing = int(lacking.sum() if mask is None else lacking[mask].sum())
        codes = order[expected[kept]], order[predicted[kept]]
        found = Columns(values[kept], *codes, tuple(names), missing, self.low, self.high)
        if not self.repeated:
            return found
        turns, flaky = np.frombuffer(self.turns, dtype=np.int32), np.zeros(len(kept), np.int8)
        flaky[: len(self.flaky)] = np.frombuffer(self.flaky, dtype=np.int8)
        return replace(found, repeated=self.binary, turns=turns[kept], agreed=flaky[kept] == 0)


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
    flaky: list[FlakyCase] = field(default_factory=list)
    unusable: Counter[str] = field(default_factory=Counter)

    def of(self, measure: Measure, mask: NDArray[np.bool_] | None = None) -> Columns:
        """The columns a metric reads, of the cases under a mask."""
        if measure.spec.source.kind == "values":
            return self._values(measure, mask)
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

    def _values(self, measure: Measure, mask: NDArray[np.bool_] | None) -> Columns:
        """The scores themselves, each case's repeats reduced as the metric says."""
        column, spec = self.scores[measure.scorer], measure.spec
        kept = column.scored(spec.least_turns)
        if mask is not None:
            kept = kept & mask
        found = column.columns(kept, mask, spec.least_turns)
        found = replace(found, clusters=self.clusters.codes(kept))
        if spec.reduce is None:
            return found
        if not len(found) and spec.least_turns > 1 and found.missing:
            reason = f"{measure.text} needs {spec.least_turns} scored repeats of a case, and no case has them"
            return replace(found, reason=reason)
        return spec.reduce(found)

    def states(self, measure: Measure) -> NDArray[np.int8]:
        """How each case enters a metric: USED, SKIPPED, LEFT_OUT (unusable) or MISSING."""
        if measure.spec.source.kind == "values":
            return self.scores[measure.scorer].states(measure.spec.least_turns)
        return self.evidence[measure.scorer, measure.spec.source].states()


def collect(
    stored: Iterable[tuple[Any, ...]],
    scorers: Sequence[str],
    tags: Sequence[str],
    *,
    keep_ids: bool,
    exclude_errors: bool = False,
    needs: Mapping[Need, str] | None = None,
    repeats: Repeats | None = None,
) -> EntryColumns:
    """Columns from (case id, replicate, outcome, latency, confidence, case JSON, scores JSON) rows in order.

    `needs` names what metrics read beside scores, each with the output field its scorer reads;
    rows then carry what the target reported too (see `SqliteStore.score_columns`).
    `keep_ids` keeps the ids too, for references that need them. `exclude_errors` counts the
    cases whose target failed and leaves them out of every column. A case that has not run as often
    as `repeats` says is left out as if it had not run.
    """
    columns = EntryColumns([] if keep_ids else None)
    columns.scores = {name: ScoreColumn() for name in scorers}
    columns.tags = {name: TagColumn() for name in tags}
    columns.evidence = {key: EvidenceColumn(key[1], where) for key, where in (needs or {}).items()}
    for case_id, group in groupby(stored, key=lambda row: row[0]):
        rows = list(group)
        if repeats is not None and len(rows) < repeats.of_stored(rows[0][5]):
            continue
        outcome = _worst_outcome(rows)
        columns.outcomes[outcome] += 1
        if outcome == "invalid":
            columns.unusable[min(row[2] for row in rows if row[2] in UNUSABLE)] += 1
        if exclude_errors and outcome == "error":
            continue
        columns.latencies.extend(row[3] for row in rows)
        if columns.case_ids is not None:
            columns.case_ids.append(case_id)
        by_row = [{score[0]: score for score in json.loads(row[6] or "[]")} for row in rows]
        for name, column in columns.scores.items():
            column.add([scores[name] for scores in by_row if name in scores])
        if len(rows) > 1 and scorers:
            _note_flaky(columns, case_id, [scores.get(scorers[0]) for scores in by_row])
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


def _note_flaky(columns: EntryColumns, case_id: str, scores: Sequence[Any]) -> None:
    """A case whose repeats got different scores of the first scorer, each in its turn."""
    values = tuple(None if score is None else score[1] for score in scores)
    if disagree([value for value in values if value is not None]):
        columns.flaky.append(FlakyCase(case_id, values))


def _worst_outcome(rows: Sequence[tuple[Any, ...]]) -> str:
    """Of a case's repeats: error, else unusable, else ok."""
    found = {row[2] for row in rows}
    if "error" in found:
        return "error"
    return "invalid" if found & set(UNUSABLE) else "ok"
