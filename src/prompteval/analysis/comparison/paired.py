"""One metric of B against A over the cases of both: the columns aligned, the test its kind takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from prompteval.analysis.columns.entry_columns import EntryColumns
from prompteval.analysis.columns.reported import LEFT_OUT, MISSING, USED
from prompteval.analysis.corrected import (
    corrected_elsewhere,
    estimate_corrected,
    label_strata,
    labels_first,
    mixed_weights,
    too_few_labelled,
)
from prompteval.analysis.estimates import content_seed
from prompteval.core.verdict import Comparison
from prompteval.metrics.columns import Codes, Columns, Floats, weighted_tables
from prompteval.metrics.curves import Statistic, weighted_roc_auc
from prompteval.metrics.defined import gate_note, undefined_reason
from prompteval.metrics.table import CALIBRATED, MetricSpec, metric_spec, threshold_scores
from prompteval.plan.measures import Measure
from prompteval.stats.distributions import t_quantile, t_two_sided
from prompteval.stats.judged.corrected import corrected_mean
from prompteval.stats.paired.swap import compare_statistic
from prompteval.stats.paired.values import compare_values

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class AlignedColumns:
    """The columns of both sides over the same cases, in order of case id, with classes in common."""

    a: Columns
    b: Columns
    missing: int
    left_out: int

    @property
    def clusters(self) -> Codes | None:
        """A number for each case's cluster, as B has them; as A does where B has none."""
        return self.a.clusters if self.b.clusters is None else self.b.clusters


def compare_metric(
    measure: Measure, a: EntryColumns, b: EntryColumns, *, alpha: float, mask: Mask | None = None
) -> Comparison:
    """The metric of B against A over the cases under a mask.

    `a` and `b` hold the same cases. A metric that reduces repeats (any, all, pass@k) needs as many on
    both sides. Cases that one side could not score count as missing; unusable
    outputs that have no place in an unbounded metric make it undecidable.
    """
    both = align(measure, a, b, mask)
    blank = Comparison(measure.text, len(both.a), missing=both.missing)
    reason = undefined_reason(measure.name, both.a) or undefined_reason(measure.name, both.b)
    if not reason and measure.spec.reduce is not None and not _equally_often(both):
        reason = "the two sides did not repeat the cases equally often"
    if reason:
        return replace(blank, reason="no case is in both" if not len(both.a) else reason)
    if not reason and len(both.a) != len(both.b):
        reason = "the two sides did not time the cases equally often"
    if reason:
        return replace(blank, reason=reason)
    spec = metric_spec(measure.name, both.b.classes)
    if spec.kind == "calibration":
        return replace(blank, reason=f"{measure.name.name} is never gated; brier may be")
    found = _compare(measure, spec, both, alpha)
    note = gate_note(measure.name, both.b)
    if both.left_out:
        note = f"{both.left_out:,} unusable outputs cannot count in {measure.name.name}"
    return replace(found, undecidable=found.undecidable or note)


def _equally_often(both: AlignedColumns) -> bool:
    """Whether every case ran as often on both sides: what is reduced must have had equal chances."""
    ones = np.ones(len(both.a), dtype=np.int32)
    turns = [ones if side.turns is None else side.turns for side in (both.a, both.b)]
    return bool((turns[0] == turns[1]).all())


def align(measure: Measure, a: EntryColumns, b: EntryColumns, mask: Mask | None = None) -> AlignedColumns:
    """The cases that both sides have a number for, and how many they lack."""
    ours, theirs = a.states(measure), b.states(measure)
    within = np.ones(len(ours), dtype=bool) if mask is None else mask
    both = (ours == USED) & (theirs == USED) & within
    left = ((ours == LEFT_OUT) | (theirs == LEFT_OUT)) & within
    lacking = (ours == MISSING) | (theirs == MISSING) | ((ours == USED) != (theirs == USED))
    missing = int((lacking & within & ~left).sum())
    one, other = in_common(a.of(measure, both), b.of(measure, both))
    return AlignedColumns(one, other, missing, int(left.sum()))


def in_common(a: Columns, b: Columns) -> tuple[Columns, Columns]:
    """Both with the classes of either, and the wider scale."""
    names = tuple(sorted({*a.classes, *b.classes}))
    low = None if a.low is None or b.low is None else min(a.low, b.low)
    high = None if a.high is None or b.high is None else max(a.high, b.high)
    first, second = (
        replace(
            side,
            classes=names,
            expected=_recoded(side.expected, side.classes, names),
            predicted=_recoded(side.predicted, side.classes, names),
            low=low,
            high=high,
            reason="",
        )
        for side in (a, b)
    )
    return first, second


def _recoded(codes: Codes, own: Sequence[str], names: Sequence[str]) -> Codes:
    place = {name: index for index, name in enumerate(names)}
    table = np.asarray([*(place[name] for name in own), -1], dtype=np.int32)
    return table[codes]


def _compare(measure: Measure, spec: MetricSpec, both: AlignedColumns, alpha: float) -> Comparison:
    if spec.kind in ("proportion", "mean"):
        return _mean(measure, spec, both, alpha)
    if spec.kind == "corrected":
        return _corrected(measure, spec, both)
    if spec.kind == "confusion":
        return _confusion(measure, spec, both, alpha)
    stacked = stack(both.a, both.b)
    statistic = _statistic(measure, spec, stacked)
    seed = content_seed(measure.text, stacked.numbers())
    return compare_statistic(
        measure.text,
        statistic,
        len(both.a),
        clusters=both.clusters,
        alpha=alpha,
        seed=seed,
        missing=both.missing,
    )


def mean_sides(spec: MetricSpec, both: AlignedColumns) -> tuple[Floats, Floats, float | None, float | None]:
    """What a mean averages on each side, and the scale it is on."""
    if spec.per_case is not None:
        return spec.per_case(both.a), spec.per_case(both.b), spec.low, spec.high
    if spec.kind == "proportion":
        return both.a.values, both.b.values, 0.0, 1.0
    return both.a.values, both.b.values, both.b.low, both.b.high


def _mean(measure: Measure, spec: MetricSpec, both: AlignedColumns, alpha: float) -> Comparison:
    a, b, low, high = mean_sides(spec, both)
    seed = content_seed(measure.text, a, b)
    return compare_values(
        measure.text,
        a,
        b,
        low=low,
        high=high,
        clusters=both.clusters,
        alpha=alpha,
        seed=seed,
        missing=both.missing,
    )


def _confusion(measure: Measure, spec: MetricSpec, both: AlignedColumns, alpha: float) -> Comparison:
    """Over tables; without clusters, cases with the same expected class and answers are one row."""
    known = (both.a.expected >= 0) & (both.b.expected >= 0)
    size = len(both.b.classes)
    cells = np.stack([_cells(side, size)[known] for side in (both.a, both.b)], axis=1)
    counts, units = None, None
    if both.clusters is None:
        cells, counts = np.unique(cells, axis=0, return_counts=True)
    else:
        units = np.unique(both.clusters[known], return_inverse=True)[1].astype(np.int32)
    flat, statistic = cells.T.ravel().astype(np.int32), spec.statistic

    def weighted(weights: Floats) -> Floats:
        return np.asarray(statistic(weighted_tables(flat, weights, (size, size + 1))), np.float64)

    return compare_statistic(
        measure.text,
        weighted,
        len(cells),
        counts=counts,
        clusters=units,
        alpha=alpha,
        seed=content_seed(measure.text, cells.astype(np.float64), np.asarray(counts, np.float64)),
        missing=both.missing,
    )


def _corrected(measure: Measure, spec: MetricSpec, both: AlignedColumns) -> Comparison:
    """A judge's difference, corrected by the cases of which people labelled both versions."""
    if spec.source == CALIBRATED:
        reason = "a judge's bias differs by version, and these labels are of neither; write corrected=ppi"
        before, after = (corrected_elsewhere(side.numbers()).value for side in (both.a, both.b))
        return Comparison(measure.text, len(both.a), before, after, reason=reason, missing=both.missing)
    a, b = both.a.numbers(), both.b.numbers()
    labelled = (a[:, 1] == 1.0) & (b[:, 1] == 1.0)
    low, high = (both.b.low, both.b.high) if spec.low is None else (spec.low, spec.high)
    scale = None if low is None or high is None else high - low
    ends = estimate_corrected(a, low, high).value, estimate_corrected(b, low, high).value
    blank = Comparison(measure.text, len(a), *ends, test="ppi++", method="ppi++", missing=both.missing)
    weights = np.where(a[labelled, 3] > 0, a[labelled, 3], b[labelled, 3])
    mixed = mixed_weights(weights)
    if mixed:
        return replace(blank, reason=mixed)
    strata, shares = label_strata(weights)
    found = corrected_mean(
        b[labelled, 2] - a[labelled, 2],
        b[labelled, 0] - a[labelled, 0],
        b[~labelled, 0] - a[~labelled, 0],
        low=None if scale is None else -scale,
        high=scale,
        strata=strata,
        shares=shares,
        clusters=labels_first(both.clusters, labelled),
    )
    own = found.interval
    if own.value is None or own.low is None or own.high is None:
        reason = f"{own.reason}: label both versions, `prompteval label RUN_A RUN_B`"
        return replace(blank, reason=reason)
    half, freedom = (own.high - own.low) / 2.0, found.freedom
    error = half / t_quantile(0.975, freedom)
    p = t_two_sided(own.value / error, freedom) if error > 0 else float(own.value == 0)
    note = f"{found.labelled} cases labelled on both sides"
    marked = np.column_stack([a[:, 0], labelled])
    return replace(
        blank, delta=own.value, low=own.low, high=own.high, p=p, spread=error, half=half, note=note,
        undecidable=too_few_labelled(marked, both.clusters),
    )  # fmt: skip


def _cells(side: Columns, classes: int) -> NDArray[np.int64]:
    column = np.where(side.predicted >= 0, side.predicted, classes)
    return side.expected.astype(np.int64) * (classes + 1) + column


def _statistic(measure: Measure, spec: MetricSpec, stacked: Columns) -> Statistic:
    """The metric of weighted rows, A's rows before B's."""
    if spec.kind == "roc":
        return weighted_roc_auc(*threshold_scores(measure.name, stacked))
    found = spec.sample(stacked)
    if measure.name.name != "perplexity":
        return found
    # The table computes its logarithm, in which a mean over tokens is one.
    return _exponential(found)


def _exponential(statistic: Statistic) -> Callable[[Floats], Floats]:
    def raised(weights: Floats) -> Floats:
        with np.errstate(over="ignore"):
            return np.asarray(np.exp(statistic(weights)))

    return raised


def stack(a: Columns, b: Columns) -> Columns:
    """The rows of A before those of B."""
    return replace(
        a,
        values=np.concatenate([a.values, b.values]),
        expected=np.concatenate([a.expected, b.expected]),
        predicted=np.concatenate([a.predicted, b.predicted]),
        extra=np.vstack([a.numbers(), b.numbers()]),
        clusters=None,
    )
