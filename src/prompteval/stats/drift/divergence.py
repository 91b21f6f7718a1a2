"""Distances between two tables of counts, with the values that no change gives at these counts."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prompteval.stats.distributions import normal_quantile
from prompteval.stats.drift.tails import chi_squared_sf
from prompteval.stats.interval import LEVEL, Interval, undefined

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]
# Added to each bin before a logarithm, so that an empty one has a distance.
SMOOTHING = 0.5
DRAWS = 2_000
# NumPy deals fewer rows than that.
_DEALT_UNDER = 1_000_000_000
# Under so many expected rows in a cell the G statistic is not chi-squared, and its p is resampled.
FEWEST_EXPECTED = 10.0


def total_variation(reference: Counts, window: Counts) -> Floats:
    """Half the sum of |differences| of shares, along the last axis; from 0 to 1."""
    p, q = _shares(reference), _shares(window)
    return np.asarray(0.5 * np.abs(q - p).sum(axis=-1), np.float64)


def psi(reference: Counts, window: Counts) -> Floats:
    """The population stability index: the sum of (q - p) ln(q / p), each bin smoothed by one half."""
    p, q = _smoothed(reference), _smoothed(window)
    return np.asarray(((q - p) * np.log(q / p)).sum(axis=-1), np.float64)


def kullback_leibler(reference: Counts, window: Counts) -> tuple[float, float]:
    """(KL of the window from the reference, KL of the reference from the window), nats, bins smoothed."""
    p, q = _smoothed(reference), _smoothed(window)
    return float((q * np.log(q / p)).sum()), float((p * np.log(p / q)).sum())


def jensen_shannon(reference: Counts, window: Counts) -> Floats:
    """The Jensen-Shannon divergence to base 2, from 0 to 1 (Lin 1991); its square root is the distance."""
    p, q = _shares(reference), _shares(window)
    middle = (p + q) / 2.0

    def half(one: Floats) -> Floats:
        ratio = np.divide(one, middle, out=np.ones_like(one), where=one > 0)
        return np.asarray((one * np.log2(ratio)).sum(axis=-1), np.float64)

    return np.asarray(np.maximum(0.5 * (half(p) + half(q)), 0.0), np.float64)


def g_statistic(reference: Counts, window: Counts) -> Floats:
    """Twice the log-likelihood ratio of one common table, along the last axis (Sokal and Rohlf)."""
    n, m = reference.sum(axis=-1, keepdims=True), window.sum(axis=-1, keepdims=True)
    both = (reference + window) / (n + m)

    def side(counts: Counts, total: Counts) -> Floats:
        expected = both * total
        ratio = np.divide(counts, expected, out=np.ones(counts.shape), where=counts > 0)
        return np.asarray((counts * np.log(ratio)).sum(axis=-1), np.float64)

    return np.asarray(np.maximum(2.0 * (side(reference, n) + side(window, m)), 0.0), np.float64)


def _shares(counts: Counts) -> Floats:
    return np.asarray(counts / counts.sum(axis=-1, keepdims=True), np.float64)


def _smoothed(counts: Counts) -> Floats:
    smooth = counts + SMOOTHING
    return np.asarray(smooth / smooth.sum(axis=-1, keepdims=True), np.float64)


@dataclass(frozen=True, slots=True)
class Distances:
    """What is shown beside the largest change: each value, and its 95th percentile under no change.

    `p` is that of the G-test, resampled where the counts are too small for chi-squared.
    """

    total_variation: float
    total_variation_null: float
    psi: float
    psi_null: float
    jensen_shannon: float
    jensen_shannon_null: float
    g: float
    p: float
    method: str


def distances(reference: Counts, window: Counts, *, seed: int, design: float = 1.0) -> Distances | None:
    """Every distance of two tables with rows on both sides; None where one has none.

    Under no change rows are exchanged between the sides, so that p is exact however sparse the tables are.
    `design` is the design effect of clustered rows: G is divided by it (Rao and Scott 1981), and the
    null tables are drawn at so many fewer rows.
    """
    kept = (reference + window) > 0
    reference, window = reference[kept], window[kept]
    n, m = int(reference.sum()), int(window.sum())
    if n == 0 or m == 0:
        return None
    pooled = (reference + window) / (n + m)
    first, second = _exchanged(reference + window, n, np.random.default_rng(seed), design)
    g = float(g_statistic(reference, window)) / design
    if float((pooled * min(n, m)).min()) / design >= FEWEST_EXPECTED or len(pooled) == 1:
        p, method = chi_squared_sf(g, max(len(pooled) - 1, 1)), "g-test"
    else:
        above = int(np.count_nonzero(g_statistic(first, second) >= g * (1.0 - 1e-12)))
        p, method = (above + 1) / (DRAWS + 1), "g-test, resampled"
    measures = (total_variation, psi, jensen_shannon)
    values = [float(measure(reference, window)) for measure in measures]
    nulls = [float(np.quantile(measure(first, second), LEVEL)) for measure in measures]
    return Distances(values[0], nulls[0], values[1], nulls[1], values[2], nulls[2], g, p, method)


def _exchanged(
    together: Counts, n: int, generator: np.random.Generator, design: float
) -> tuple[Counts, Counts]:
    """DRAWS pairs of tables of the same rows, dealt again to both sides; beyond a billion rows, drawn."""
    total = int(together.sum())
    kept = np.maximum(np.round(together / design).astype(np.int64), 1)
    side = min(max(round(n / design), 1), int(kept.sum()) - 1) if int(kept.sum()) > 1 else 1
    if total < _DEALT_UNDER:
        first = generator.multivariate_hypergeometric(kept, side, size=DRAWS, method="marginals")
        return first, kept - first
    shares = together / total
    rest = max(round((total - n) / design), 1)
    return (
        generator.multinomial(max(round(n / design), 1), shares, size=DRAWS),
        generator.multinomial(rest, shares, size=DRAWS),
    )


def psi_interval(reference: Counts, window: Counts, *, level: float = LEVEL) -> Interval:
    """The PSI of two tables, with an interval from which the bias of sampling is taken.

    Under no change the plain PSI is about (bins - 1)(1/n + 1/m) times a chi-squared over its degrees of
    freedom, so its mean is taken off and its variance added to that of the delta method. The value stays
    the plain one. Undefined where a side has no row.
    """
    if not reference.sum() or not window.sum():
        return undefined("psi-delta", "no row to compare")
    value = float(psi(reference, window))
    middle, half = (float(part) for part in psi_middle(reference, window, level))
    return Interval(value, min(max(middle - half, 0.0), value), max(middle + half, value), "psi-delta")


def psi_middle(reference: Counts, window: Counts, level: float) -> tuple[Floats, Floats]:
    """(the PSI less the bias of sampling, half the width of its interval), along the last axis."""
    n, m = reference.sum(axis=-1), window.sum(axis=-1)
    p, q = _smoothed(reference), _smoothed(window)
    freedom = np.maximum(np.count_nonzero(reference + window, axis=-1) - 1, 0)
    noise = 1.0 / n + 1.0 / m
    by_window = np.log(q / p) + 1.0 - p / q
    by_reference = np.log(p / q) + 1.0 - q / p
    variance = _variance(by_window, q) / m + _variance(by_reference, p) / n + 2.0 * freedom * noise**2
    half = normal_quantile(0.5 + level / 2.0) * np.sqrt(variance)
    return psi(reference, window) - freedom * noise, np.asarray(half, np.float64)


def psi_can_show(reference: Counts, m: int, threshold: float, *, level: float = LEVEL) -> bool:
    """Whether `m` rows are enough for the threshold: at no change the interval reaches less far than it.

    Under that count a PSI of twice the threshold, were it seen, would not be shown.
    """
    n = int(reference.sum())
    if n == 0 or m == 0:
        return False
    freedom = max(int(np.count_nonzero(reference)) - 1, 1)
    noise = 1.0 / n + 1.0 / m
    return normal_quantile(0.5 + level / 2.0) * math.sqrt(2.0 * freedom) * noise < threshold


def _variance(values: Floats, shares: Floats) -> Floats:
    mean = (values * shares).sum(axis=-1, keepdims=True)
    return np.asarray((shares * (values - mean) ** 2).sum(axis=-1), np.float64)
