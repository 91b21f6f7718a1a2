"""Seeded BCa bootstrap of metrics that are not means (Efron 1987; Efron and Tibshirani 1993, ch. 14)."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prompteval.stats.distributions import normal_cdf, normal_quantile
from prompteval.stats.interval import LEVEL, Interval, undefined

RESAMPLES = 10_000
UNDEFINED_AT_MOST = 0.01
_CELLS_AT_ONCE = 4_000_000


def multinomial_bca(
    table: NDArray[np.int64],
    statistic: Callable[[NDArray[Any]], NDArray[Any]],
    *,
    seed: int,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> Interval:
    """BCa interval of a metric of a count table, resampled by multinomial draws.

    For independent cases this equals resampling the cases. `statistic` takes tables of shape
    (..., *table.shape). Undefined for an empty table.
    """
    total = int(table.sum())
    if total == 0:
        return undefined("bca", "no case was scored")
    value = float(statistic(table))
    generator = np.random.default_rng(seed)
    share = table.ravel() / total
    step = max(_CELLS_AT_ONCE // table.size, 1)
    draws = [
        statistic(generator.multinomial(total, share, size=size).reshape(-1, *table.shape))
        for size in _chunks(resamples, step)
    ]
    estimates = np.concatenate(draws)
    cells = np.flatnonzero(table.ravel())
    left_out = np.repeat(table.ravel()[None, :], len(cells), axis=0)
    left_out[np.arange(len(cells)), cells] -= 1
    jackknife = np.repeat(statistic(left_out.reshape(-1, *table.shape)), table.ravel()[cells])
    return bca_interval(value, estimates, jackknife, level=level)


def _chunks(total: int, step: int) -> list[int]:
    return [min(step, total - start) for start in range(0, total, step)]


def bca_interval(
    value: float, estimates: NDArray[Any], jackknife: NDArray[Any], *, level: float = LEVEL
) -> Interval:
    """The BCa interval from resampled and leave-one-out values; the value itself when nothing varies.

    Resamples without a value (NaN) are left out; over 1 % of them, or one left-out case that takes
    the value away, leave no interval.
    """
    defined = np.isfinite(estimates)
    if np.mean(defined) < 1.0 - UNDEFINED_AT_MOST or not np.isfinite(jackknife).all():
        share = 1.0 - float(np.mean(defined))
        return Interval(value, None, None, "bca", reason=f"{share:.0%} of resamples have no value")
    estimates = estimates[defined]
    if np.ptp(estimates) == 0:
        return Interval(value, value, value, "bca", note="no variation between resamples")
    below = (np.sum(estimates < value) + 0.5 * np.sum(estimates == value)) / len(estimates)
    bias = normal_quantile(float(np.clip(below, 1e-9, 1 - 1e-9)))
    deviation = jackknife.mean() - jackknife
    spread = float(np.sum(deviation**2))
    skew = float(np.sum(deviation**3)) / (6.0 * spread**1.5) if spread > 0 else 0.0
    bounds = []
    for tail in ((1 - level) / 2, (1 + level) / 2):
        z = bias + normal_quantile(tail)
        bounds.append(normal_cdf(bias + z / (1.0 - skew * z)))
    low, high = np.quantile(estimates, bounds)
    return Interval(value, float(min(low, value)), float(max(high, value)), "bca")
