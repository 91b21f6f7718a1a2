"""What a number of rows can show: of a PSI by simulation, of a drop of a metric by the delta method."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from prompteval.stats.distributions import normal_cdf, normal_quantile
from prompteval.stats.drift.divergence import SMOOTHING, psi_middle
from prompteval.stats.drift.shares import POWER
from prompteval.stats.drift.unpaired import Statistic, influence
from prompteval.stats.interval import LEVEL

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]
# Windows that are drawn for a chance, which is known to within 3 points then; fewer of over a hundred bins.
WINDOWS, FEWEST_WINDOWS = 1_000, 100
_DRAWN = 100_000
# The greatest PSI that is looked at, and the parts of its range that are told apart.
_GREATEST_PSI = 10.0
_STEPS = 12
# Rows of the table that stands for a whole population.
_POPULATION = 10_000_000
# Of larger tables nothing is predicted: each cell has a table of its own.
_MOST_CELLS = 4_000_000


def psi_power(
    reference: Counts, rows: int, size: float, threshold: float, *, ordered: bool, level: float = LEVEL
) -> float | None:
    """The chance that a window of so many rows shows a PSI of that size, its interval over the threshold.

    The reference is given; up to WINDOWS seeded windows are drawn. `ordered` bins are of a number, which
    moves up as a whole; of categories the one that varies most moves towards one half. None where no
    move of that kind has that size.
    """
    moved = _moved(reference, size, ordered)
    if moved is None or rows <= 0:
        return None
    count = min(max(_DRAWN // len(reference), FEWEST_WINDOWS), WINDOWS)
    windows = np.random.default_rng(0).multinomial(rows, moved, size=count)
    middle, half = psi_middle(reference[None, :], windows, level)
    return float(np.mean(middle - half > threshold))


def detectable_psi(reference: Counts, rows: int, threshold: float, *, ordered: bool) -> float | None:
    """The smallest PSI that is shown with probability POWER, to two digits; None where none is."""
    if rows <= 0 or len(reference) < 2:
        return None
    return _smallest(
        lambda size: psi_power(reference, rows, size, threshold, ordered=ordered),
        (threshold, max(_GREATEST_PSI, 4.0 * threshold)),
    )


def _moved(reference: Counts, size: float, ordered: bool) -> Floats | None:
    """The shares at a PSI of that size from the reference's, along one direction."""
    p = (reference + SMOOTHING) / (reference.sum() + SMOOTHING * len(reference))
    score = np.linspace(-1.0, 1.0, len(p)) if ordered else np.zeros(len(p))
    if not ordered:
        place = int(np.argmax(p * (1.0 - p)))
        score[place] = 1.0 if p[place] <= 0.5 else -1.0

    def tilted(by: float) -> Floats:
        weights = p * np.exp(by * (score - score.max()))
        return np.asarray(weights / weights.sum(), np.float64)

    def reached(by: float) -> bool:
        q = np.maximum(tilted(by), 1e-300)
        return bool(((q - p) * np.log(q / p)).sum() >= size)

    low, high = 0.0, 1.0
    while not reached(high):
        high *= 2.0
        if high > 64.0:
            return None
    for _ in range(50):
        middle = (low + high) / 2.0
        low, high = (low, middle) if reached(middle) else (middle, high)
    return tilted(high)


def drop_power(
    reference: Counts,
    rows: int,
    size: float,
    threshold: float,
    statistic: Statistic,
    *,
    level: float = LEVEL,
) -> float | None:
    """The chance that so many labelled rows show a drop of that size of a metric of confusion tables.

    The reference's table, of shape (classes, classes + 1), is taken as it is; in the window the same share of
    each class's right rows is wrong, spread as its errors are. The drop is taken as normal, with the
    variances of both sides by the infinitesimal jackknife. None where the metric cannot fall so far, or where
    a side has no row.
    """
    if not reference.sum() or rows <= 0:
        return None
    before = float(statistic(reference))
    fallen = _fallen(reference, lambda table: before - float(statistic(table)) >= size)
    if fallen is None:
        return None
    variance = _variance(reference, statistic) / float(reference.sum()) + _variance(fallen, statistic) / rows
    if variance <= 0.0:
        return 1.0 if size > threshold else 0.0
    return normal_cdf((size - threshold) / math.sqrt(variance) - normal_quantile(0.5 + level / 2.0))


def is_predicted(reference: Counts) -> bool:
    """Whether a table is small enough for `detectable_drop` to take a moment.

    What counts is the table after a drop: errors of a class that had none are spread over all its cells.
    """
    if not reference.sum():
        return True
    filled = (reference > 0) | (_population(reference)(1.0) > 0)
    return reference.size * int(np.count_nonzero(filled)) <= _MOST_CELLS


def detectable_drop(reference: Counts, rows: int, threshold: float, statistic: Statistic) -> float | None:
    """The smallest drop that is shown with probability POWER, to two digits; None where none is."""
    most = float(statistic(reference)) if reference.sum() else 0.0
    return _smallest(
        lambda size: drop_power(reference, rows, size, threshold, statistic), (threshold, 0.999 * most)
    )


def _fallen(reference: Counts, reached: Callable[[Counts], bool]) -> Counts | None:
    """The population in which the smallest share of right rows that suffices has become wrong."""
    after = _population(reference)
    low, high = 0.0, 1.0
    if not reached(after(high)):
        return None
    for _ in range(30):
        middle = (low + high) / 2.0
        low, high = (low, middle) if reached(after(middle)) else (middle, high)
    return after(high)


def _population(reference: Counts) -> Callable[[float], Counts]:
    """The population by the share of right rows that has become wrong."""
    shares = reference / reference.sum()
    right = np.zeros(shares.shape, bool)
    np.fill_diagonal(right, True)
    wrong = np.where(right, 0.0, shares + 1e-9)
    spread = wrong / wrong.sum(axis=1, keepdims=True)

    def after(part: float) -> Counts:
        lost = part * np.where(right, shares, 0.0)
        moved = shares - lost + lost.sum(axis=1, keepdims=True) * spread
        return np.asarray(np.round(_POPULATION * moved), np.int64)

    return after


def _variance(table: Counts, statistic: Statistic) -> float:
    """The variance of the statistic times the number of rows, in a population of these shares."""
    scaled = np.round(table * (_POPULATION / table.sum())).astype(np.int64)
    deviation, counts = influence(scaled, statistic)
    total = float(counts.sum())
    return float((counts / total * (total * deviation) ** 2).sum())


def _smallest(power: Callable[[float], float | None], ends: tuple[float, float]) -> float | None:
    """Where a chance that rises first reaches POWER between two sizes, rounded up to two digits."""
    low, high = ends
    while high > low and power(high) is None:
        high = low + 0.7 * (high - low) - 1e-6
    if high <= low or (power(high) or 0.0) < POWER:
        return None
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        low, high = (low, middle) if (power(middle) or 0.0) >= POWER else (middle, high)
    unit = 10.0 ** (math.floor(math.log10(high)) - 1)
    return math.ceil(high / unit - 1e-9) * unit
