"""Errors and correlation of numbers, expected against predicted.

Each takes weights of shape (..., n) that say how often each case counts, and gives values of
shape (...).
"""

import numpy as np

from prompteval.metrics.classification import Array, ratio
from prompteval.metrics.columns import Codes, Floats
from prompteval.metrics.curves import Statistic


def rmse(squared_errors: Floats) -> Statistic:
    """The root of the mean squared error."""
    return lambda weights: np.sqrt(ratio(weights @ squared_errors, weights.sum(axis=-1)))


def r2(expected: Floats, squared_errors: Floats) -> Statistic:
    """1 - squared errors / squared distances of the expected values from their mean.

    0 where the expected values are all the same.
    """
    centred = expected - expected.mean()  # a shift changes nothing and keeps the digits

    def statistic(weights: Floats) -> Array:
        total = weights.sum(axis=-1)
        spread = weights @ centred**2 - ratio((weights @ centred) ** 2, total)
        # Under this the spread is nothing but rounding.
        floor = 1e-12 * (weights @ centred**2)
        known = spread > floor
        return np.where(known, 1.0 - ratio(weights @ squared_errors, np.where(known, spread, 1.0)), 0.0)

    return statistic


def spearman(left: Floats, right: Floats) -> Statistic:
    """Pearson's correlation of average ranks, -1 to 1; 0 where one side is constant."""
    first, second = _ranker(left), _ranker(right)

    def statistic(weights: Floats) -> Array:
        middle = (weights.sum(axis=-1, keepdims=True) + 1.0) / 2.0  # the mean of any ranks
        x, y = first(weights) - middle, second(weights) - middle
        spread = (weights * x * x).sum(axis=-1) * (weights * y * y).sum(axis=-1)
        return ratio((weights * x * y).sum(axis=-1), np.sqrt(spread))

    return statistic


def _ranker(values: Floats) -> Statistic:
    """Average ranks, each case repeated as often as its weight says."""
    order = np.argsort(values, kind="stable")
    starts = np.append(0, np.flatnonzero(np.diff(values[order])) + 1)
    group: Codes = np.unique(values, return_inverse=True)[1].astype(np.int32)

    def ranks(weights: Floats) -> Array:
        tied = np.add.reduceat(weights[..., order], starts, axis=-1)
        ends = np.cumsum(tied, axis=-1)
        return (ends - (tied - 1.0) / 2.0)[..., group]

    return ranks
