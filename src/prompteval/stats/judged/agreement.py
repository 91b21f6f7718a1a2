"""Agreement of two raters beyond chance: Cohen's kappa, its quadratic form, and AC1, with intervals."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prompteval.stats.bootstrap import multinomial_bca
from prompteval.stats.interval import Interval
from prompteval.stats.resample import Codes, case_bca

Floats = NDArray[np.float64]
Array = NDArray[Any]
Chance = Callable[[Array, Array], Array]


def rating_table(first: Codes, second: Codes, classes: int) -> NDArray[np.int64]:
    """Counts of shape (classes, classes): the class that the first rater gave by that of the second."""
    flat = first.astype(np.int64) * classes + second
    return np.bincount(flat, minlength=classes * classes).reshape(classes, classes)


def agreement(tables: Array) -> Array:
    """The share of equal ratings in tables of shape (..., K, K); NaN for an empty one."""
    total = tables.sum((-2, -1))
    equal = np.trace(tables, axis1=-2, axis2=-1)
    return np.asarray(np.divide(equal, total, out=np.full(np.shape(total), np.nan), where=total > 0))


def cohen_kappa(tables: Array) -> Array:
    """Cohen's kappa (1960) of tables of shape (..., K, K); NaN where both raters gave one class alone."""
    return _beyond_chance(tables, lambda rows, columns: (rows * columns).sum(-1))


def ac1(tables: Array) -> Array:
    """Gwet's AC1 (2008): chance is the spread of the mean shares, which one frequent class does not raise.

    NaN for an empty table and for a table of one class.
    """
    classes = tables.shape[-1]

    def chance(rows: Array, columns: Array) -> Array:
        mean = (rows + columns) / 2.0
        return np.asarray((mean * (1.0 - mean)).sum(-1) / max(classes - 1, 1))

    found = _beyond_chance(tables, chance)
    return found if classes > 1 else np.full(np.shape(found), np.nan)


def _beyond_chance(tables: Array, chance: Chance) -> Array:
    total = np.asarray(tables.sum((-2, -1)), np.float64)
    safe = np.where(total > 0, total, 1.0)
    rows, columns = tables.sum(-1) / safe[..., None], tables.sum(-2) / safe[..., None]
    seen = np.trace(tables, axis1=-2, axis2=-1) / safe
    expected = np.asarray(chance(rows, columns))
    usable = (total > 0) & (1.0 - expected > 1e-12)
    found = np.divide(seen - expected, 1.0 - expected, out=np.full(total.shape, np.nan), where=usable)
    return np.asarray(found)


def quadratic_kappa(first: Floats, second: Floats) -> Callable[[Floats], Floats]:
    """Kappa with quadratic weights (Cohen 1968) of ratings on a scale, which need not be whole numbers.

    Takes weights of shape (..., n). Equals one minus the mean squared difference over what independent
    raters with these ratings would have. NaN where that is 0.
    """

    def statistic(weights: Floats) -> Floats:
        total = weights.sum(-1)

        def mean(values: Floats) -> Floats:
            return np.asarray((weights * values).sum(-1) / total, np.float64)

        seen = mean((first - second) ** 2)
        by_chance = mean(first**2) + mean(second**2) - 2.0 * mean(first) * mean(second)
        out = np.full(np.shape(seen), np.nan)
        return np.asarray(1.0 - np.divide(seen, by_chance, out=out, where=by_chance > 1e-12), np.float64)

    return statistic


def table_interval(
    statistic: Callable[[Array], Array],
    first: Codes,
    second: Codes,
    classes: int,
    *,
    seed: int,
    clusters: Codes | None = None,
) -> Interval:
    """BCa interval of a statistic of the rating table; whole clusters are resampled where there are some."""
    if clusters is None:
        return multinomial_bca(rating_table(first, second, classes), statistic, seed=seed)
    cell = np.eye(classes * classes)[first.astype(np.int64) * classes + second]

    def weighted(weights: Floats) -> Floats:
        tables = (weights @ cell).reshape(*weights.shape[:-1], classes, classes)
        return np.asarray(statistic(tables), np.float64)

    return case_bca(weighted, len(first), seed=seed, clusters=clusters)


def scale_interval(first: Floats, second: Floats, *, seed: int, clusters: Codes | None = None) -> Interval:
    """BCa interval of kappa with quadratic weights."""
    return case_bca(quadratic_kappa(first, second), len(first), seed=seed, clusters=clusters)
