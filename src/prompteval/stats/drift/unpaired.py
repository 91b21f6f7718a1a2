"""The drop of a metric from reference to window, on different rows."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from prompteval.stats.distributions import normal_cdf, normal_quantile, t_quantile, t_two_sided
from prompteval.stats.drift.shares import newcombe
from prompteval.stats.interval import LEVEL

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]
Statistic = Callable[[NDArray[Any]], NDArray[Any]]
RESAMPLES = 4_000


@dataclass(frozen=True, slots=True)
class Drop:
    """Reference minus window, so that worse is above 0; with interval and two-sided p of no change."""

    before: float
    after: float
    low: float
    high: float
    p: float
    method: str

    @property
    def observed(self) -> float:
        return self.before - self.after


def proportion_drop(
    right: int, n: int, window_right: int, m: int, *, level: float = LEVEL, design: float = 1.0
) -> Drop:
    """The drop of a share of right rows: Newcombe's interval, p of the pooled z test; both n over 0."""
    p, q = right / n, window_right / m
    sizes = [np.asarray([size / design]) for size in (n, m)]
    z = normal_quantile(0.5 + level / 2.0)
    low, high = newcombe(np.asarray([q]), sizes[1], np.asarray([p]), sizes[0], z)
    pooled = (right + window_right) / (n + m)
    spread = math.sqrt(pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m) * design)
    chance = 1.0 if spread == 0.0 else 2.0 * normal_cdf(-abs(p - q) / spread)
    return Drop(p, q, float(low[0]), float(high[0]), chance, "newcombe")


def mean_drop(
    reference: Floats, window: Floats, *, bounds: tuple[float, float] | None, level: float = LEVEL
) -> Drop:
    """The drop of a mean: Welch's interval and p, each side with both bounds appended where there are bounds.

    Both sides have two values or more.
    """
    sides = [np.append(side, bounds) if bounds is not None else side for side in (reference, window)]
    centres = [float(side.mean()) for side in sides]
    parts = [float(side.var(ddof=1)) / len(side) for side in sides]
    spread = math.sqrt(sum(parts))
    plain = float(reference.mean()), float(window.mean())
    if spread == 0.0:
        drop = plain[0] - plain[1]
        return Drop(*plain, drop, drop, 1.0 if drop == 0.0 else 0.0, "welch")
    freedom = spread**4 / sum(
        part**2 / (len(side) - 1) for part, side in zip(parts, sides, strict=True) if part
    )
    half = t_quantile(0.5 + level / 2.0, freedom) * spread
    middle = centres[0] - centres[1]
    return Drop(*plain, middle - half, middle + half, t_two_sided(middle / spread, freedom), "welch")


DropAt: TypeAlias = Callable[[float], Drop]


def table_drop(reference: Counts, window: Counts, statistic: Statistic, *, seed: int) -> DropAt | None:
    """The drop of a metric of a confusion table, such as macro-F1, of shape (classes, classes) on each side.

    What is returned gives it with its interval at a level; the resamples are drawn once for all levels. The
    interval is bias-corrected and accelerated over multinomial draws of each side; p is that of exchanging
    rows between the sides (multivariate hypergeometric draws), never 0. `statistic` takes tables of shape
    (..., classes, classes). None where a side has no row or the metric no value.
    """
    if not reference.sum() or not window.sum():
        return None
    before, after = float(statistic(reference)), float(statistic(window))
    if not (math.isfinite(before) and math.isfinite(after)):
        return None
    generator = np.random.default_rng(seed)
    sides = [_resampled(table, statistic, generator) for table in (reference, window)]
    draws = sides[0] - sides[1]
    draws = draws[np.isfinite(draws)]
    drop = before - after
    influences = [influence(table, statistic) for table in (reference, window)]
    p = _exchanged_p(drop, reference, window, statistic, generator, draws)

    def at(level: float) -> Drop:
        low, high = _bca_ends(drop, draws, influences, level)
        return Drop(before, after, min(low, drop), max(high, drop), p, "bca")

    return at


def _exchanged_p(
    drop: float,
    reference: Counts,
    window: Counts,
    statistic: Statistic,
    generator: np.random.Generator,
    draws: Floats,
) -> float:
    """p of no change; beyond a billion rows by the normal distribution of the draws."""
    pooled = (reference + window).ravel()
    if int(pooled.sum()) >= 1_000_000_000:
        return min(1.0, 2.0 * normal_cdf(-abs(drop) / max(float(draws.std()), 1e-300)))
    size = int(reference.sum())
    moved = generator.multivariate_hypergeometric(pooled, size, size=RESAMPLES, method="marginals")
    swapped = statistic(moved.reshape(-1, *reference.shape)) - statistic(
        (pooled - moved).reshape(-1, *reference.shape)
    )
    above = int(np.count_nonzero(np.abs(swapped) >= abs(drop) - 1e-12))
    return (above + 1) / (RESAMPLES + 1)


def _resampled(table: Counts, statistic: Statistic, generator: np.random.Generator) -> Floats:
    total = int(table.sum())
    draws = generator.multinomial(total, table.ravel() / total, size=RESAMPLES)
    return np.asarray(statistic(draws.reshape(-1, *table.shape)), np.float64)


def influence(table: Counts, statistic: Statistic) -> tuple[Floats, Counts]:
    """(the statistic's deviation without one row of each cell that has one, how many rows that cell has)."""
    cells = np.flatnonzero(table.ravel())
    left_out = np.repeat(table.ravel()[None, :], len(cells), axis=0)
    left_out[np.arange(len(cells)), cells] -= 1
    values = np.asarray(statistic(left_out.reshape(-1, *table.shape)), np.float64)
    counts = table.ravel()[cells]
    return np.average(np.nan_to_num(values), weights=counts) - np.nan_to_num(values), counts


def _bca_ends(
    value: float, draws: Floats, sides: list[tuple[Floats, Counts]], level: float
) -> tuple[float, float]:
    """Ends of the BCa interval of a difference of two samples (Efron and Tibshirani 1993, 14.3)."""
    if len(draws) == 0 or np.ptp(draws) == 0:
        return value, value
    below = (np.sum(draws < value) + 0.5 * np.sum(draws == value)) / len(draws)
    bias = normal_quantile(float(np.clip(below, 1e-9, 1.0 - 1e-9)))
    cubes = squares = 0.0
    for sign, (deviation, counts) in zip((1.0, -1.0), sides, strict=True):
        n = int(counts.sum())
        scaled = sign * deviation * (n - 1) / n
        cubes += float((counts * scaled**3).sum())
        squares += float((counts * scaled**2).sum())
    skew = cubes / (6.0 * squares**1.5) if squares > 0 else 0.0
    ends = []
    for tail in ((1.0 - level) / 2.0, (1.0 + level) / 2.0):
        z = bias + normal_quantile(tail)
        ends.append(normal_cdf(bias + z / (1.0 - skew * z)))
    low, high = np.quantile(draws, ends)
    return float(low), float(high)
