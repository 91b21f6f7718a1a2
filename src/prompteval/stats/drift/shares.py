"""The largest change of a class's share between a reference and a window."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prompteval.stats.distributions import normal_quantile
from prompteval.stats.drift.tails import binomial_at_least
from prompteval.stats.interval import LEVEL

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]
# The chance that a shift of the size named in a report is shown.
POWER = 0.8


@dataclass(frozen=True, slots=True)
class ShareChange:
    """The class whose share moved most: its place, both shares, and |change| with its interval."""

    index: int
    before: float
    after: float
    low: float
    high: float

    @property
    def observed(self) -> float:
        return abs(self.after - self.before)


@dataclass(frozen=True, slots=True)
class DesignEffect:
    """How many times the variance of each class's share is that of independent rows; 1 or more."""

    reference: Floats
    window: Floats


def largest_change(
    reference: Counts, window: Counts, *, level: float = LEVEL, effect: DesignEffect | None = None
) -> ShareChange | None:
    """The largest |change| of a share, over classes in one order; None where a side has no row.

    Its interval holds for all classes at once (Bonferroni), so that choosing the largest costs nothing.
    """
    n, m = int(reference.sum()), int(window.sum())
    if n == 0 or m == 0:
        return None
    sizes = (np.full(len(reference), float(n)), np.full(len(window), float(m)))
    if effect is not None:
        sizes = (sizes[0] / effect.reference, sizes[1] / effect.window)
    low, high = newcombe(
        reference / n, sizes[0], window / m, sizes[1], z_of(class_count(reference, window), level)
    )
    changes = np.abs(window / m - reference / n)
    index = int(np.argmax(changes))
    nearest = np.maximum(np.maximum(low, -high), 0.0)
    farthest = np.maximum(np.abs(low), np.abs(high))
    shares = float(reference[index] / n), float(window[index] / m)
    return ShareChange(index, *shares, float(nearest.max()), float(farthest.max()))


def class_count(reference: Counts, window: Counts) -> int:
    """How many classes occur on either side."""
    return int(np.count_nonzero(reference + window))


def z_of(classes: int, level: float) -> float:
    """The normal quantile of a two-sided interval that holds for all classes; two classes are one change."""
    compared = 1 if classes <= 2 else classes
    return normal_quantile(1.0 - (1.0 - level) / (2.0 * compared))


def newcombe(p: Floats, n: Floats, q: Floats, m: Floats, z: float) -> tuple[Floats, Floats]:
    """Interval of q - p, independent proportions, from two Wilson intervals (Newcombe 1998, method 10)."""
    p_low, p_high = _wilson(p, n, z)
    q_low, q_high = _wilson(q, m, z)
    change = q - p
    low = change - np.sqrt((q - q_low) ** 2 + (p_high - p) ** 2)
    high = change + np.sqrt((q_high - q) ** 2 + (p - p_low) ** 2)
    return low, high


def change_ends(before: tuple[float, float], after: tuple[float, float], z: float) -> tuple[float, float]:
    """`newcombe` of one class, each side as (share, rows)."""
    sides = [np.asarray([value]) for value in (*before, *after)]
    low, high = newcombe(sides[0], sides[1], sides[2], sides[3], z)
    return float(low[0]), float(high[0])


def _wilson(p: Floats, n: Floats, z: float) -> tuple[Floats, Floats]:
    denominator = 1.0 + z * z / n
    centre = (p + z * z / (2.0 * n)) / denominator
    half = z * np.sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n)) / denominator
    return np.minimum(np.maximum(centre - half, 0.0), p), np.maximum(np.minimum(centre + half, 1.0), p)


def can_show(shares: Sequence[float], sizes: tuple[float, float], threshold: float, *, classes: int) -> bool:
    """Whether rows are enough for the threshold: a change of twice its size, were it seen, would be shown.

    The class is the one that varies most, and moves towards or across one half; a change that cannot be twice
    the threshold is taken as large as it can be. Under that count nothing but extremes is shown, and "not
    shown" means little. `sizes` are the rows of reference and window.
    """
    n, m = sizes
    if n <= 0 or m <= 0 or not shares:
        return False
    before = max(shares, key=lambda p: p * (1.0 - p))
    upward = before <= 0.5
    after = min(before + 2.0 * threshold, 1.0) if upward else max(before - 2.0 * threshold, 0.0)
    low, high = change_ends((before, n), (after, m), z_of(classes, LEVEL))
    return low > threshold if upward else high < -threshold


def shift_power(
    before: float,
    after: float,
    sizes: tuple[float, float],
    threshold: float,
    *,
    classes: int,
    level: float = LEVEL,
) -> float:
    """The chance that a window shows a class's move from `before`, its share of the reference, to `after`.

    `sizes` are the rows of reference and window. The reference is given, the window's count binomial: the
    chance is exact but for the other classes, which are taken to stay within the threshold.
    """
    n, m = sizes[0], round(sizes[1])
    z = z_of(classes, level)
    upward = bool(after >= before)

    def shown(count: int) -> bool:
        low, high = change_ends((before, n), (count / m, m), z)
        return low > threshold if upward else high < -threshold

    first, last = -1, m + 1  # between them lies the count at which the verdict changes
    while last - first > 1:
        middle = (first + last) // 2
        if shown(middle) is upward:
            last = middle
        else:
            first = middle
    if upward:
        return binomial_at_least(last, m, after)
    return 1.0 - binomial_at_least(last, m, after)


def detectable_shift(
    shares: Sequence[float],
    sizes: tuple[float, float],
    threshold: float,
    *,
    classes: int,
    level: float = LEVEL,
) -> float | None:
    """The smallest change that is shown with probability POWER, whichever class of the reference moves.

    A class moves towards one half, where its share varies most. None where a class cannot move so far.
    """
    worst = max(shares, key=lambda p: p * (1.0 - p), default=None)
    if worst is None:
        return None
    room, side = (1.0 - worst, 1.0) if worst <= 0.5 else (worst, -1.0)

    def power(size: float) -> float:
        after = min(max(worst + side * size, 0.0), 1.0)
        return shift_power(worst, after, sizes, threshold, classes=classes, level=level)

    if power(room) < POWER:
        return None
    low, high = min(threshold, room), room
    for _ in range(30):
        middle = (low + high) / 2.0
        low, high = (low, middle) if power(middle) >= POWER else (middle, high)
    return math.ceil(high * 1000.0) / 1000.0
