"""Drift of numbers: Kolmogorov-Smirnov, and counts over the reference's deciles."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prompteval.stats.drift.tails import kolmogorov_sf

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
BINS = 10


@dataclass(frozen=True, slots=True)
class Weighted:
    """Distinct values in ascending order, each with how often it occurred."""

    values: Floats
    counts: Counts

    @property
    def n(self) -> int:
        """How many values there are in all."""
        return int(self.counts.sum())


def kolmogorov_smirnov(reference: Weighted, window: Weighted, *, design: float = 1.0) -> tuple[float, float]:
    """(D, p) of the two-sample test; p by the limiting distribution with Stephens' correction (1970).

    Ties make p conservative. `design` divides the sample sizes. (0, 1) where a side has no value.
    """
    if not reference.n or not window.n:
        return 0.0, 1.0
    values = np.union1d(reference.values, window.values)
    gap = float(np.max(np.abs(_cumulative(reference, values) - _cumulative(window, values))))
    n, m = reference.n / design, window.n / design
    root = math.sqrt(n * m / (n + m))
    return gap, kolmogorov_sf((root + 0.12 + 0.11 / root) * gap)


def _cumulative(side: Weighted, at: Floats) -> Floats:
    total = np.concatenate([[0], np.cumsum(side.counts)])
    return np.asarray(total[np.searchsorted(side.values, at, side="right")] / side.n, np.float64)


def decile_edges(reference: Weighted, bins: int = BINS) -> Floats:
    """The inner edges of up to `bins` bins of equal share of the reference, none twice.

    A value on an edge is in the bin below it. Few distinct values have fewer bins; where they are all one,
    it is an edge, with an empty bin above it.
    """
    if not reference.n:
        return np.zeros(0)
    cumulative = np.cumsum(reference.counts)
    wanted = np.arange(1, bins) / bins * reference.n
    edges = np.unique(reference.values[np.searchsorted(cumulative, wanted, side="left")])
    inner = edges[edges < reference.values[-1]]
    return inner if len(inner) else reference.values[-1:]


def binned(side: Weighted, edges: Floats) -> Counts:
    """How many values are in each of len(edges) + 1 bins; a value on an edge is in the bin below it."""
    place = np.searchsorted(edges, side.values, side="left")
    return np.bincount(place, weights=side.counts, minlength=len(edges) + 1).astype(np.int64)


def quantile_of(side: Weighted, q: float) -> float | None:
    """The q-quantile by the nearest rank; None for no value."""
    if not side.n:
        return None
    rank = min(max(math.ceil(q * side.n), 1), side.n)
    return value_of_rank(side, rank)


def value_of_rank(side: Weighted, rank: int) -> float:
    """The value of a rank from 1 to n."""
    return float(side.values[np.searchsorted(np.cumsum(side.counts), rank, side="left")])
