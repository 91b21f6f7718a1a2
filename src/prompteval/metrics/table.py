"""The metric table: what each name computes, and which kind of interval it takes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from prompteval.metrics.classification import Table, averaged, one_class
from prompteval.metrics.columns import Columns
from prompteval.metrics.names import MetricName

Kind = Literal["proportion", "mean", "confusion", "breakdown"]
SMALLEST_CLASS_TO_GATE = 10


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """A metric that can be computed.

    A `proportion` or `mean` is the mean of the score column. A `confusion` metric is
    `statistic(tables)` over tables of shape (..., K, K + 1). A `breakdown` is a table, no number.
    """

    kind: Kind
    statistic: Callable[[Table], Table] | None = None
    low: float | None = 0.0
    high: float | None = 1.0


def metric_spec(name: MetricName, classes: tuple[str, ...] = ()) -> MetricSpec:
    """What a parsed name computes. `classes` gives `label=` its index; -1 while unknown."""
    if name.name in ("per_class", "confusion"):
        return MetricSpec("breakdown")
    if name.name == "accuracy":
        return MetricSpec("proportion")
    if name.name == "mean":
        return MetricSpec("mean", low=None, high=None)
    label = name.params.get("label")
    if label is not None:
        index = classes.index(label) if label in classes else -1
        return MetricSpec("confusion", lambda tables: one_class(tables, name.name, index))
    average = name.params.get("average", "macro")
    return MetricSpec("confusion", lambda tables: averaged(tables, name.name, average))


def undefined_reason(name: MetricName, columns: Columns) -> str:
    """Why a metric has no value on these columns; empty when it has one."""
    if len(columns) == 0:
        return "no case was scored"
    spec = metric_spec(name, columns.classes)
    if spec.kind == "proportion" and bool(((columns.values != 0) & (columns.values != 1)).any()):
        return "accuracy needs scores of 0 and 1; use mean"
    if spec.kind not in ("confusion", "breakdown"):
        return ""
    if (columns.expected < 0).all():
        return "the scorer compares no classes"
    label = name.params.get("label")
    if label is not None and label not in columns.classes:
        return f"no case has the class {label!r}"
    if spec.kind == "confusion" and len(set(columns.expected[columns.expected >= 0].tolist())) < 2:
        return "only one class is expected"
    return ""


def gate_note(name: MetricName, columns: Columns) -> str:
    """Why a value may be shown and not decide; empty when it may."""
    if name.params.get("average", "macro") != "macro" or name.name not in ("f1", "precision", "recall"):
        return ""
    if "label" in name.params:
        return ""
    support = columns.confusion().sum(axis=1)
    small = [columns.classes[i] for i, count in enumerate(support) if 0 < count < SMALLEST_CLASS_TO_GATE]
    return f"class {small[0]!r} has under {SMALLEST_CLASS_TO_GATE} cases" if small else ""
