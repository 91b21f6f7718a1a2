"""A metric over columns, with the interval its kind takes."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from prompteval.analysis.corrected import corrected_elsewhere, estimate_corrected, too_few_labelled
from prompteval.core.fingerprint import fingerprint, fingerprint_bytes
from prompteval.core.verdict import Estimate
from prompteval.metrics.calibration import ece, null_ece
from prompteval.metrics.columns import Columns, Floats, cell_codes, weighted_tables
from prompteval.metrics.curves import placements
from prompteval.metrics.defined import gate_note, undefined_reason
from prompteval.metrics.names import MetricName
from prompteval.metrics.spent import share_of
from prompteval.metrics.table import (
    CALIBRATED,
    Kind,
    MetricSpec,
    bins_of,
    calibration_pairs,
    metric_spec,
    threshold_scores,
)
from prompteval.plan.measures import Measure
from prompteval.stats.bootstrap import multinomial_bca
from prompteval.stats.clusters import (
    FEWEST_CLUSTERS,
    cluster_count,
    cluster_note,
    mean_clustered,
    wilson_clustered,
)
from prompteval.stats.interval import Interval, student_t, t01, wilson
from prompteval.stats.percentile import percentile_interval
from prompteval.stats.resample import case_bca, logit_delong, stratified_logit

_OUT_OF_RANGE = "the value is too large for a number"


def estimate(measure: Measure, columns: Columns) -> Estimate:
    """The metric's value and 95 % interval; None with a reason where it is undefined."""
    blank = Estimate(
        measure.text, None, n=len(columns), missing=columns.missing, left_out=columns.left_out
    )  # fmt: skip
    reason = undefined_reason(measure.name, columns)
    if reason:
        return replace(blank, reason=reason)
    spec = metric_spec(measure.name, columns.classes)
    if spec.kind == "calibration":
        return _calibration(measure, columns, blank)
    with np.errstate(over="ignore", invalid="ignore"):
        found = _INTERVALS[spec.kind](measure, spec, columns)
    if found.value is None or not math.isfinite(found.value):
        return replace(blank, reason=found.reason or _OUT_OF_RANGE)
    if not all(end is None or math.isfinite(end) for end in (found.low, found.high)):
        found = replace(found, low=None, high=None, reason=_OUT_OF_RANGE)
    note = gate_note(measure.name, columns) or _too_few_clusters(columns)
    if spec.kind == "corrected" and spec.source != CALIBRATED:
        note = note or too_few_labelled(columns.numbers(), columns.clusters)
    elif spec.kind == "corrected" and columns.clusters is not None:
        note = "cases come in clusters, which this correction does not know"
    repeated, stable = _stability(columns)
    return replace(
        blank,
        value=found.value,
        low=found.low,
        high=found.high,
        method=found.method,
        reason=found.reason,
        gateable=not note,
        note=note or found.note,
        repeated=repeated,
        stable=stable,
    )


def _stability(columns: Columns) -> tuple[int, int]:
    """(cases that ran more than once, those of them that got one score)."""
    if columns.turns is None or columns.agreed is None:
        return 0, 0
    several = columns.turns > 1
    return int(several.sum()), int((several & columns.agreed).sum())


def _too_few_clusters(columns: Columns) -> str:
    if columns.clusters is None or cluster_count(columns.clusters) >= FEWEST_CLUSTERS:
        return ""
    return cluster_note(columns.clusters)


def _calibration(measure: Measure, columns: Columns, blank: Estimate) -> Estimate:
    confidence, came_true = calibration_pairs(measure.name, columns)
    value, null = calibration(measure.name, confidence, came_true)
    note = gate_note(measure.name, columns)
    return replace(blank, value=value, method="null", null_high=null, gateable=False, note=note)


def calibration(name: MetricName, confidence: Floats, came_true: Floats) -> tuple[float, float]:
    """(expected calibration error, its 95th percentile where every confidence is exactly true)."""
    bins = bins_of(name)
    seed = int(fingerprint_bytes(np.ascontiguousarray(confidence).tobytes())[-12:], 16)
    return ece(confidence, came_true, bins), null_ece(confidence, bins, seed=seed)


def _proportion(measure: Measure, spec: MetricSpec, columns: Columns) -> Interval:
    if columns.clusters is not None:
        return wilson_clustered(columns.values, columns.clusters)
    if columns.repeated:  # a case's mean over its repeats is no 0 or 1
        return t01(columns.values, 0.0, 1.0)
    return wilson(float(columns.values.sum()), len(columns))


def _mean(measure: Measure, spec: MetricSpec, columns: Columns) -> Interval:
    if spec.per_case is None:
        values, low, high = columns.values, columns.low, columns.high
    else:
        values, low, high = spec.per_case(columns), spec.low, spec.high
    if columns.clusters is not None:
        return mean_clustered(values, columns.clusters, low, high)
    return student_t(values) if low is None or high is None else t01(values, low, high)


def _confusion(measure: Measure, spec: MetricSpec, columns: Columns) -> Interval:
    table = columns.confusion()
    if columns.clusters is not None:
        known = columns.expected >= 0
        cells = cell_codes(columns)[known]
        statistic = spec.statistic

        def weighted(weights: Floats) -> Floats:
            return np.asarray(statistic(weighted_tables(cells, weights, table.shape)), np.float64)

        units = np.unique(columns.clusters[known], return_inverse=True)[1].astype(np.int32)
        return case_bca(
            weighted, len(cells), seed=content_seed(measure.text, cells.astype(np.float64)), clusters=units
        )
    # The seed comes from the content, so that equal tables give equal intervals.
    seed = int(fingerprint([measure.text, table.tolist()])[-12:], 16)
    return multinomial_bca(table, spec.statistic, seed=seed)


def _sample(measure: Measure, spec: MetricSpec, columns: Columns) -> Interval:
    seed = content_seed(measure.text, columns.values if columns.extra is None else columns.extra)
    found = case_bca(spec.sample(columns), len(columns), seed=seed, clusters=columns.clusters)
    if measure.name.name != "perplexity":
        return found
    value, low, high = (None if end is None else _exp(end) for end in (found.value, found.low, found.high))
    return replace(found, value=value, low=low, high=high)


def _roc(measure: Measure, spec: MetricSpec, columns: Columns) -> Interval:
    return logit_delong(*placements(*threshold_scores(measure.name, columns)))


def _pr(measure: Measure, spec: MetricSpec, columns: Columns) -> Interval:
    positive = threshold_scores(measure.name, columns)[1]
    return stratified_logit(
        spec.sample(columns), positive, seed=content_seed(measure.text, columns.numbers())
    )


def _percentile(measure: Measure, spec: MetricSpec, columns: Columns) -> Interval:
    if columns.clusters is None:
        return percentile_interval(columns.numbers()[:, 0], share_of(measure.name.name))
    return _sample(measure, spec, columns)


def _corrected(measure: Measure, spec: MetricSpec, columns: Columns) -> Interval:
    if spec.source == CALIBRATED:
        return corrected_elsewhere(columns.numbers())
    low, high = (columns.low, columns.high) if spec.low is None else (spec.low, spec.high)
    return estimate_corrected(columns.numbers(), low, high, columns.clusters)


# How the interval of each kind of metric is made, in words: `explain` and the documentation print them.
INTERVAL_WORDS: Mapping[Kind, str] = {
    "proportion": "Wilson; Student's t with both ends appended where a case is the mean of its repeats",
    "mean": "Student's t with both ends of the scale appended; plain t where the scale is open",
    "confusion": "BCa bootstrap of the confusion table",
    "sample": "BCa bootstrap of the cases",
    "roc": "DeLong on the logit",
    "pr": "stratified bootstrap on the logit",
    "calibration": "none; the 95th percentile of what true confidences give is shown beside it; never gated",
    "breakdown": "none: a table, never gated",
    "percentile": "order statistics; BCa bootstrap of the groups where cases repeat or come in clusters",
    "corrected": "PPI++ with the judge's weight tuned, Student's t; Rogan and Gladen's with the interval of "
    "Lang and Reiczigel",
}
_INTERVALS: Mapping[str, Callable[[Measure, MetricSpec, Columns], Interval]] = {
    "proportion": _proportion,
    "mean": _mean,
    "confusion": _confusion,
    "sample": _sample,
    "roc": _roc,
    "pr": _pr,
    "corrected": _corrected,
    "percentile": _percentile,
}


def _exp(value: float) -> float:
    return math.exp(value) if value < 709.0 else math.inf


def content_seed(text: str, *arrays: Floats) -> int:
    """A seed from a metric's text and every number it reads."""
    content = b"\0".join([text.encode(), *(np.ascontiguousarray(array).tobytes() for array in arrays)])
    return int(fingerprint_bytes(content)[-12:], 16)
