"""Precision and recall over thresholds of the confidence, for each of a few classes against the others."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from prompteval.analysis.columns.entry_columns import EntryColumns
from prompteval.analysis.columns.reported import Need
from prompteval.metrics.curves import average_precision, precision_recall
from prompteval.metrics.defined import undefined_reason
from prompteval.metrics.names import MetricName
from prompteval.metrics.table import Source, metric_spec, positive_class, threshold_scores
from prompteval.plan.measures import Measure
from prompteval.report.threshold_view import PrecisionRecallCurve

# Classes that have a curve each, and points of one.
MOST_CLASSES, MOST_POINTS = 6, 200
Labels = Mapping[str, Sequence[str]]


def curve_labels(columns: EntryColumns) -> Labels:
    """By scorer whose confidence the suite reads, the classes that have a curve.

    Those that a metric names in `label=`; of two classes the one that says yes, or both; of up to six
    classes each.
    """
    found: dict[str, list[str]] = {}
    for scorer, source in columns.reported:
        if source.kind == "confidence" and scorer in columns.scores:
            labels = found.setdefault(scorer, [])
            labels += [source.key] if source.key else []
    return {
        scorer: tuple(dict.fromkeys([*labels, *_of_few(columns, scorer)])) for scorer, labels in found.items()
    }


def _of_few(columns: EntryColumns, scorer: str) -> Sequence[str]:
    column = columns.scores[scorer]
    known = column.columns(column.scored())
    if not 2 <= len(known.classes) <= MOST_CLASSES:
        return ()
    positive = positive_class(MetricName("pr_auc", {}), known)
    return known.classes if positive is None else (positive,)


def curve_needs(labels: Labels, fields: Mapping[str, str]) -> dict[Need, str]:
    """What the curves read of rows, each with the output field that its scorer reads."""
    return {
        (scorer, _source(label)): fields.get(scorer, "")
        for scorer, found in labels.items()
        for label in found
    }


def precision_recall_curves(labels: Labels, columns: EntryColumns) -> Iterator[PrecisionRecallCurve]:
    """The curve of each class for which the target reports a confidence, from columns with `curve_needs`."""
    for scorer, found in labels.items():
        for label in found:
            name = MetricName("pr_auc", {"label": label})
            measure = Measure(str(name), name, metric_spec(name), scorer)
            read = columns.of(measure)
            if undefined_reason(name, read):
                continue
            scores, positive = threshold_scores(name, read)
            points = precision_recall(scores, positive)
            kept = np.unique(np.linspace(0, len(points) - 1, min(len(points), MOST_POINTS)).astype(int))
            yield PrecisionRecallCurve(
                scorer, label, tuple(map(_point, points[kept].tolist())),
                float(average_precision(scores, positive)(np.ones(len(scores)))),
                len(read), int(positive.sum()), read.missing,
            )  # fmt: skip


def _source(label: str) -> Source:
    return metric_spec(MetricName("pr_auc", {"label": label})).source


def _point(values: Sequence[float]) -> tuple[float, float, float | None]:
    recall, precision, threshold = values
    return recall, precision, threshold if 0.0 <= threshold <= 1.0 else None
