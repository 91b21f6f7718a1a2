"""Metrics of what a case took: percentiles of its times, and the means of its cost and its tokens."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from prompteval.metrics.columns import Floats
from prompteval.metrics.curves import Statistic

PERCENTILES: Final[Mapping[str, float]] = {"p50": 0.50, "p95": 0.95, "p99": 0.99}
TIMES: Final = ("latency_ms", "first_token_ms", "first_answer_ms")
# Those that only a streamed reply has.
STREAMED: Final = TIMES[1:]
MEANS: Final = ("cost_usd", "tokens")
TIME_METRICS: Final = tuple(f"{time}.{percentile}" for time in TIMES for percentile in PERCENTILES)
MEAN_METRICS: Final = tuple(f"{name}.mean" for name in MEANS)
# Why a case, and so a whole run, has no such number.
WITHOUT: Final[Mapping[str, str]] = {
    "latency_ms": "no case was timed",
    "first_token_ms": "no reply was streamed; `stream = true` in the model's profile does it",
    "first_answer_ms": "no reply was streamed; `stream = true` in the model's profile does it",
    "cost_usd": "the price or the tokens are not known",
    "tokens": "the model reports no tokens",
}


def share_of(metric: str) -> float:
    """The quantile, from 0 to 1, that one of TIME_METRICS asks for."""
    return PERCENTILES[metric.rpartition(".")[2]]


def weighted_percentile(values: Floats, share: float) -> Statistic:
    """The quantile by the nearest rank over weights of shape (..., rows); NaN where all weights are 0."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]

    def statistic(weights: Floats) -> Floats:
        reached = np.cumsum(weights[..., order], axis=-1)
        wanted = share * reached[..., -1:]
        # Sums of whole weights are exact; the product may lie a rounding above the rank it means.
        ranks = np.minimum((reached < wanted * (1.0 - 1e-12)).sum(axis=-1), len(ordered) - 1)
        return np.where(reached[..., -1] > 0.0, ordered[ranks], np.nan)

    return statistic
