"""Why a metric has no value on some columns, and why a value may not decide."""

import numpy as np

from prompteval.metrics.columns import Columns
from prompteval.metrics.names import MetricName
from prompteval.metrics.plugin import fault_of, is_plugin_metric
from prompteval.metrics.repeats import is_binary
from prompteval.metrics.table import metric_spec, positive_class

SMALLEST_CLASS_TO_GATE = 10
FEWEST_POSITIVES_TO_GATE = 20


def undefined_reason(name: MetricName, columns: Columns) -> str:
    """Why a metric has no value on these columns; empty when it has one."""
    if columns.reason:
        return columns.reason
    if len(columns) == 0:
        return "no case was scored"
    spec = metric_spec(name, columns.classes)
    if spec.kind == "proportion" and not is_binary(columns):
        return f"{name.name} needs scores of 0 and 1; use mean"
    if spec.kind == "confusion" or name.name in ("per_class", "confusion"):
        return _without_classes(name, columns)
    if spec.source.kind == "confidence":
        return _without_confidence(name, columns)
    if spec.source.kind == "numbers":
        return _without_spread(name, columns)
    return fault_of(name.name, columns) if is_plugin_metric(name.name) else ""


def _without_classes(name: MetricName, columns: Columns) -> str:
    if (columns.expected < 0).all():
        return "the scorer compares no classes"
    label = name.params.get("label")
    if label is not None and label not in columns.classes:
        return f"no case has the class {label!r}"
    known = columns.expected >= 0
    if name.name not in ("per_class", "confusion") and len(np.unique(columns.expected[known])) < 2:
        return "only one class is expected"
    if name.name == "mcc" and len(np.unique(columns.predicted[known])) < 2:
        return "only one class is predicted"
    return ""


def _without_confidence(name: MetricName, columns: Columns) -> str:
    if "label" not in name.params and name.name in ("brier", "ece", "reliability"):
        return "" if is_binary(columns) else f"{name.name} needs scores of 0 and 1"
    reason = _without_classes(MetricName("per_class", name.params), columns)
    if reason:
        return reason
    label = positive_class(name, columns)
    if label is None and len(columns.classes) != 2:
        return f"there are {len(columns.classes)} classes; say which is positive: {name.name}(label=...)"
    if label is None:
        return f"say which class is positive: {name.name}(label=...)"
    if name.name in ("brier", "ece", "reliability"):
        return ""
    positive = int((columns.expected == columns.classes.index(label)).sum())
    if positive == 0:
        return f"no case expects {label!r}"
    return "" if positive < len(columns) else f"every case expects {label!r}"


def _without_spread(name: MetricName, columns: Columns) -> str:
    if name.name not in ("r2", "spearman"):
        return ""
    numbers = columns.numbers()
    if len(numbers) < 2:
        return f"{name.name} needs two cases"
    if np.ptp(numbers[:, 0]) == 0:
        return "every expected value is the same"
    if name.name == "spearman" and np.ptp(numbers[:, 1]) == 0:
        return "every predicted value is the same"
    return ""


def gate_note(name: MetricName, columns: Columns) -> str:
    """Why a value may be shown and not decide; empty when it may."""
    if name.name == "ece":
        return "ece is never gated; brier may be"
    if name.name in ("pr_auc", "recall_at_precision"):
        label = positive_class(name, columns)
        positives = int((columns.expected == columns.classes.index(label)).sum()) if label else 0
        if positives < FEWEST_POSITIVES_TO_GATE:
            return f"under {FEWEST_POSITIVES_TO_GATE} positive cases"
    if name.name not in ("f1", "precision", "recall") or "label" in name.params:
        return ""
    if name.params.get("average", "macro") != "macro":
        return ""
    support = columns.confusion().sum(axis=1)
    small = [columns.classes[i] for i, count in enumerate(support) if 0 < count < SMALLEST_CLASS_TO_GATE]
    return f"class {small[0]!r} has under {SMALLEST_CLASS_TO_GATE} cases" if small else ""
