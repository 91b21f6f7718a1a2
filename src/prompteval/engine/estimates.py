"""A metric over columns, with the interval its kind takes."""

from prompteval.core.fingerprint import fingerprint
from prompteval.core.verdict import Estimate
from prompteval.engine.measures import Measure
from prompteval.metrics.columns import Columns
from prompteval.metrics.table import gate_note, metric_spec, undefined_reason
from prompteval.stats.bootstrap import multinomial_bca
from prompteval.stats.interval import Interval, student_t, t01, wilson


def estimate(measure: Measure, columns: Columns) -> Estimate:
    """The metric's value and 95 % interval; None with a reason where it is undefined."""
    reason = undefined_reason(measure.name, columns)
    if reason:
        return Estimate(measure.text, None, n=len(columns), missing=columns.missing, reason=reason)
    found = _interval(measure, columns)
    note = gate_note(measure.name, columns)
    return Estimate(
        metric=measure.text,
        value=found.value,
        low=found.low,
        high=found.high,
        n=len(columns),
        missing=columns.missing,
        method=found.method,
        reason=found.reason,
        gateable=not note,
        note=note or found.note,
    )


def _interval(measure: Measure, columns: Columns) -> Interval:
    spec = metric_spec(measure.name, columns.classes)
    if spec.kind == "confusion":
        assert spec.statistic is not None
        table = columns.confusion()
        # The seed comes from the content, so that equal tables give equal intervals.
        seed = int(fingerprint([measure.text, table.tolist()])[-12:], 16)
        return multinomial_bca(table, spec.statistic, seed=seed)
    if spec.kind == "proportion":
        return wilson(float(columns.values.sum()), len(columns))
    if columns.low is not None and columns.high is not None:
        return t01(columns.values, columns.low, columns.high)
    return student_t(columns.values)
