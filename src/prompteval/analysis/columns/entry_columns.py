"""Stored rows of one entry to columns: light, in order of case id, repeats reduced per case."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from prompteval.analysis.columns.reported import Need, ReportedColumn
from prompteval.analysis.columns.score_columns import ClusterColumn, ScoreColumn, TagColumn
from prompteval.analysis.columns.times import TimesColumn
from prompteval.core.observation import UNUSABLE, CaseVerdict, case_verdict
from prompteval.core.stored import StoredRow, StoredScore
from prompteval.metrics.columns import Columns
from prompteval.metrics.spent import TIMES
from prompteval.metrics.table import Source
from prompteval.plan.measures import Measure
from prompteval.plan.repeats import Repeats, disagree
from prompteval.report.result_view import FlakyCase


@dataclass(slots=True)
class EntryColumns:
    """Everything the numbers of one (suite, prompt, model) are made from."""

    case_ids: list[str] | None
    outcomes: Counter[str] = field(default_factory=Counter)
    scores: dict[str, ScoreColumn] = field(default_factory=dict)
    tags: dict[str, TagColumn] = field(default_factory=dict)
    latencies: array[float] = field(default_factory=lambda: array("d"))
    reported: dict[Need, ReportedColumn] = field(default_factory=dict)
    clusters: ClusterColumn = field(default_factory=lambda: ClusterColumn())
    flaky: list[FlakyCase] = field(default_factory=list)
    unusable: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[CaseVerdict] = field(default_factory=Counter)
    unscored_reason: str = ""
    measured: set[str] = field(default_factory=set)
    absent: dict[str, str] = field(default_factory=dict)

    @property
    def unserved(self) -> str:
        """A scorer that scored no case since none had what it reads, with its reason; empty without one."""
        found = (name for name in self.absent if name not in self.measured)
        return next((f"{name}: {self.absent[name]}" for name in found), "")

    def of(self, measure: Measure, mask: NDArray[np.bool_] | None = None) -> Columns:
        """The columns a metric reads, of the cases under a mask."""
        if measure.spec.source.kind == "values":
            return self._values(measure, mask)
        evidence = self.reported[measure.scorer, measure.spec.source]
        kept, extra, left_out, missing = evidence.select(mask)
        clusters = self.clusters.codes(kept)
        if isinstance(evidence, TimesColumn):
            clusters = evidence.clusters(kept, clusters)
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
            clusters=clusters,
        )

    def _values(self, measure: Measure, mask: NDArray[np.bool_] | None) -> Columns:
        """The scores themselves, each case's repeats reduced as the metric says."""
        column, spec = self.scores[measure.scorer], measure.spec
        kept = column.scored(spec.least_turns)
        if mask is not None:
            kept = kept & mask
        found = column.columns(kept, mask, spec.least_turns, passes=spec.kind == "proportion")
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
        return self.reported[measure.scorer, measure.spec.source].states()


def build_columns(  # noqa: PLR0913 - what is read of the rows, each by name
    stored: Iterable[StoredRow],
    scorers: Sequence[str],
    tags: Sequence[str],
    *,
    keep_ids: bool,
    exclude_errors: bool = False,
    needs: Mapping[Need, str] | None = None,
    repeats: Repeats | None = None,
    units: Mapping[str, int] | None = None,
) -> EntryColumns:
    """Columns from rows in order of case id.

    `needs` names what metrics read beside scores, each with the output field its scorer reads;
    rows then carry what the target reported too (see `RowFields`).
    `keep_ids` keeps the ids too, for references that need them. `exclude_errors` counts the
    cases whose target failed and leaves them out of every column. A case that has not run as often
    as `repeats` says is left out as if it had not run. `units` says how many units a conversation has at
    least, so that two sides have the same.
    """
    columns = EntryColumns([] if keep_ids else None)
    columns.scores = {name: ScoreColumn() for name in scorers}
    columns.tags = {name: TagColumn() for name in tags}
    columns.reported = {key: _column(key[1], where) for key, where in (needs or {}).items()}
    for case_id, group in groupby(stored, key=attrgetter("case_id")):
        rows = list(group)
        if repeats is not None and len(rows) < repeats.of(rows[0].repeat):
            continue
        outcome = _worst_outcome(rows)
        columns.outcomes[outcome] += 1
        columns.verdicts[_verdict(columns, rows)] += 1
        _note_absent(columns, rows)
        if outcome == "invalid":
            columns.unusable[min(row.outcome for row in rows if row.outcome in UNUSABLE)] += 1
        if exclude_errors and outcome == "error":
            continue
        columns.latencies.extend(row.latency_ms for row in rows)
        parts = units_of(rows)
        parts += [[{} for _ in rows]] * ((units or {}).get(case_id, 1) - len(parts))
        if len(rows) > 1 and scorers:
            _note_flaky(columns, case_id, [scores.get(scorers[0]) for scores in parts[0]])
        _add_units(columns, rows, parts)
    return columns


def _add_units(
    columns: EntryColumns, rows: Sequence[StoredRow], units: Sequence[Sequence[Mapping[str, StoredScore]]]
) -> None:
    """The rows of a case, of which each unit is one in every column; see `units_of`."""
    first = rows[0]
    for index, by_row in enumerate(units):
        if columns.case_ids is not None:
            columns.case_ids.append(first.case_id)
        for name, column in columns.scores.items():
            column.add([scores[name] for scores in by_row if name in scores])
        for (name, _), evidence in columns.reported.items():
            pairs = zip(rows, by_row, strict=True)
            whole = index == 0 and not name  # what is read of the target is the whole conversation's
            evidence.add([(row, scores.get(name)) for row, scores in pairs if whole or name in scores])
        for tag, values in columns.tags.items():
            values.add(first.tags.get(tag))
        columns.clusters.add(first.cluster or (first.case_id if len(units) > 1 else None))


def _column(source: Source, output_field: str) -> ReportedColumn:
    times = source.kind == "spent" and source.key in TIMES
    return TimesColumn(source, output_field) if times else ReportedColumn(source, output_field)


def units_of(rows: Sequence[StoredRow]) -> list[list[dict[str, StoredScore]]]:
    """What of a case is counted: the case, or each turn of a conversation whose turns are scored.

    Of each unit the scores of every row, by scorer. A score that is not one of several of its scorer is in
    the first. The units of a case are one cluster.
    """
    whole = [{score.name: score for score in row.scores} for row in rows]
    if [len(scores) for scores in whole] == [len(row.scores) for row in rows]:
        return [whole]
    several = {
        name
        for row in rows
        for name, count in Counter(score.name for score in row.scores).items()
        if count > 1
    }
    most = max((score.turn or 1 for row in rows for score in row.scores if score.name in several), default=1)
    units: list[list[dict[str, StoredScore]]] = [[{} for _ in rows] for _ in range(most)]
    for place, row in enumerate(rows):
        for score in row.scores:
            index = (score.turn or 1) - 1 if score.name in several else 0
            units[index][place][score.name] = score
    return units


def _verdict(columns: EntryColumns, rows: Sequence[StoredRow]) -> CaseVerdict:
    """A case's verdict over its repeats; the first that could not be scored leaves its reason."""
    verdict = CaseVerdict.of_repeats(case_verdict(row.outcome, row.scores) for row in rows)
    if verdict is CaseVerdict.UNSCORED and not columns.unscored_reason:
        failed = (score for row in rows for score in row.scores if score.status == "failed")
        columns.unscored_reason = next((f"{score.name}: {score.reason}" for score in failed), "")
    return verdict


def _note_absent(columns: EntryColumns, rows: Sequence[StoredRow]) -> None:
    """Which scorers scored, and which skipped a case that does not have the key they read."""
    for score in (score for row in rows for score in row.scores):
        if score.value is not None:
            columns.measured.add(score.name)
        elif "absent" in score.evidence:
            columns.absent.setdefault(score.name, score.reason)


def _note_flaky(columns: EntryColumns, case_id: str, scores: Sequence[StoredScore | None]) -> None:
    """A case whose repeats got different scores of the first scorer, each in its turn."""
    values = tuple(None if score is None else score.value for score in scores)
    if disagree([value for value in values if value is not None]):
        columns.flaky.append(FlakyCase(case_id, values))


def _worst_outcome(rows: Sequence[StoredRow]) -> str:
    """Of a case's repeats: error, else unusable, else ok."""
    found = {row.outcome for row in rows}
    if "error" in found:
        return "error"
    return "ok" if found.isdisjoint(UNUSABLE) else "invalid"
