"""Metrics of plug-ins, by name: what they are, and what a name with a wrong form is refused for."""

from functools import cache

import numpy as np

from prompteval.core.protocols import Metric
from prompteval.core.registry import create, is_built_in, table
from prompteval.metrics.columns import Columns, Floats
from prompteval.metrics.curves import Statistic

GROUP = "prompteval.metrics"


def is_plugin_metric(name: str) -> bool:
    """Whether an installed package registers this metric."""
    return name in plugin_metrics()


@cache
def plugin_metrics() -> tuple[str, ...]:
    """The names that installed packages register. Raises UsageError where one takes a name of ours."""
    return tuple(name for name in table(GROUP) if not is_built_in(GROUP, name))


@cache
def plugin_metric(name: str) -> Metric:
    """The metric of this name. Raises UsageError for one that cannot be made."""
    metric: Metric = create(GROUP, name, lambda found: found() if isinstance(found, type) else found)
    return metric


def statistic_of(metric: Metric, columns: Columns) -> Statistic:
    """The metric over the scores of a column, as a function of the weights of its rows.

    What it raises and what is not one number a row of weights is not a number; `fault_of` says why.
    """

    def statistic(weights: Floats) -> Floats:
        try:
            return _computed(metric, columns.values, weights)
        except Exception:
            return np.full(weights.shape[:-1], np.nan)

    return statistic


def fault_of(name: str, columns: Columns) -> str:
    """Why a metric has no number for these scores; empty where it has one."""
    try:
        found = float(_computed(plugin_metric(name), columns.values, np.ones(len(columns))))
    except Exception as error:
        return f"the plug-in's compute() raised {type(error).__name__}: {error}"
    return "" if np.isfinite(found) else f"the plug-in's compute() gave {found}"


def _computed(metric: Metric, values: Floats, weights: Floats) -> Floats:
    found: Floats = np.asarray(metric.compute(values, weights), dtype=np.float64)
    if found.shape != weights.shape[:-1]:
        raise ValueError(
            f"the shape {found.shape} for weights of the shape {weights.shape}"
            f" (expected: {weights.shape[:-1]})"
        )
    return found
