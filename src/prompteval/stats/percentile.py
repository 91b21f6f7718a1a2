"""Percentiles, of latency for one, with intervals that assume nothing about their shape."""

import math
from bisect import bisect_left, bisect_right

import numpy as np
from numpy.typing import NDArray

from prompteval.stats.interval import LEVEL, Interval, refuse_nan, undefined
from prompteval.stats.paired.mcnemar import binomial_cdf


def percentile_interval(values: NDArray[np.float64], q: float, *, level: float = LEVEL) -> Interval:
    """The q-quantile (0 < q < 1) by the nearest rank, between two order statistics.

    Each end errs in at most half of 1 - level, regardless of the distribution (David and Nagaraja
    2003, section 7.1). Too few values for an end leave that end None, and the reason says how
    many would do. Undefined for no values. Raises ValueError for NaN.
    """
    refuse_nan(values)
    n, tail = len(values), (1.0 - level) / 2.0
    if n == 0:
        return undefined("order-statistics", "no case was timed")
    ordered = np.sort(values)
    value = float(ordered[min(max(math.ceil(q * n) - 1, 0), n - 1)])
    ranks = range(n + 1)
    # The greatest rank whose value lies above the quantile rarely, the least that rarely lies below.
    below = bisect_right(ranks, tail, key=lambda rank: binomial_cdf(rank - 1, n, q)) - 1
    above = bisect_left(ranks, 1.0 - tail, key=lambda rank: binomial_cdf(rank - 1, n, q))
    low = float(ordered[below - 1]) if below > 0 else None
    high = float(ordered[above - 1]) if above <= n else None
    reason = _too_few(q, tail, low is None, high is None)
    return Interval(value, low, high, "order-statistics", reason)


def _too_few(q: float, tail: float, without_low: bool, without_high: bool) -> str:
    """Why an end is missing, and how many values would give it; empty when none is."""
    if not (without_low or without_high):
        return ""
    needed = max(
        math.log(tail) / math.log(1.0 - q) if without_low else 0.0,
        math.log(tail) / math.log(q) if without_high else 0.0,
    )
    end = "a lower and an upper end" if without_low and without_high else "a lower end"
    end = end if without_low else "an upper end"
    return f"too few values for {end}; {math.ceil(needed)} would do"
