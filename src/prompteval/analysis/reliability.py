"""The reliability table: bins of confidence, each with the share that came true and its interval."""

from prompteval.analysis.estimates import calibration
from prompteval.metrics.calibration import reliability
from prompteval.metrics.columns import Columns
from prompteval.metrics.defined import undefined_reason
from prompteval.metrics.table import bins_of, calibration_pairs
from prompteval.plan.measures import Measure
from prompteval.report.result_view import ReliabilityLine, ReliabilityTable
from prompteval.stats.interval import wilson


def reliability_table(measure: Measure, columns: Columns) -> ReliabilityTable:
    """Every bin of the confidence; no bin and a reason where the confidences cannot be used."""
    reason = undefined_reason(measure.name, columns)
    if reason:
        return ReliabilityTable(measure.text, (), None, None, columns.missing, reason)
    confidence, came_true = calibration_pairs(measure.name, columns)
    lines = []
    for found in reliability(confidence, came_true, bins_of(measure.name)):
        share = wilson(found.hits, found.n)
        lines.append(
            ReliabilityLine(
                found.low, found.high, found.n, found.confidence, share.value, share.low, share.high
            )
        )
    value, null = calibration(measure.name, confidence, came_true)
    return ReliabilityTable(measure.text, tuple(lines), value, null, columns.missing, "")
