"""Seeded bootstrap over cases of any metric, as weights: how often each case was drawn."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prompteval.stats.bootstrap import RESAMPLES, bca_interval
from prompteval.stats.distributions import normal_quantile
from prompteval.stats.interval import LEVEL, Interval, undefined

Weights = NDArray[np.float64]
Statistic = Callable[[Weights], NDArray[Any]]
Codes = NDArray[np.int32]

# Long runs of cases are resampled less often and left out in groups, so that time stays bounded.
DRAWS_AT_MOST = 200_000_000
FEWEST_RESAMPLES = 1_000
JACKKNIFE_GROUPS = 1_000
_CELLS_AT_ONCE = 1_000_000


def case_bca(
    statistic: Statistic,
    n: int,
    *,
    seed: int,
    clusters: Codes | None = None,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> Interval:
    """BCa interval (Efron 1987) of `statistic(weights)`, weights of shape (..., n), cases resampled.

    With `clusters`, codes from 0, whole clusters are resampled. Over 20,000 cases fewer
    resamples are drawn. Undefined for no case; one case or one cluster has no interval.
    """
    if n == 0:
        return undefined("bca", "no case was scored")
    value = float(statistic(np.ones(n)))
    units = np.arange(n, dtype=np.int32) if clusters is None else clusters
    count = int(units.max()) + 1
    if count < 2:
        reason = "one case has no interval" if clusters is None else "one cluster has no interval"
        return Interval(value, None, None, "bca", reason=reason)
    size = max(min(resamples, DRAWS_AT_MOST // n), FEWEST_RESAMPLES)
    generator = np.random.default_rng(seed)
    draws = [statistic(weights[:, units]) for weights in _draws(generator, count, size, n)]
    return bca_interval(value, np.concatenate(draws), _left_out(statistic, units, count), level=level)


def _draws(generator: np.random.Generator, count: int, resamples: int, n: int) -> Iterator[Weights]:
    """Weights of shape (some, count): `count` units drawn with replacement, again and again."""
    step = max(_CELLS_AT_ONCE // n, 1)
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        drawn = generator.integers(0, count, size=(rows, count))
        drawn += np.arange(rows)[:, None] * count
        counts = np.bincount(drawn.ravel(), minlength=rows * count)
        yield counts.reshape(rows, count).astype(np.float64)


def _left_out(statistic: Statistic, units: Codes, count: int) -> NDArray[Any]:
    """The statistic without each unit, or without each of 1,000 groups of units."""
    groups = min(count, JACKKNIFE_GROUPS)
    group = units % groups
    step = max(_CELLS_AT_ONCE // len(units), 1)
    found = []
    for start in range(0, groups, step):
        without = np.arange(start, min(start + step, groups))
        found.append(statistic((group[None, :] != without[:, None]).astype(np.float64)))
    return np.concatenate(found)


def stratified_logit(
    statistic: Statistic,
    positive: NDArray[np.bool_],
    *,
    seed: int,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> Interval:
    """Normal interval on the logit of a value from 0 to 1; positives and negatives resampled apart.

    The spread is that of the bootstrap (for PR-AUC: Boyd, Eng and Page 2013). A value of 0 or
    1, and a side with one case, have no interval.
    """
    n = len(positive)
    value = float(statistic(np.ones(n)))
    sides = [np.flatnonzero(positive), np.flatnonzero(~positive)]
    if min(map(len, sides)) < 2:
        return Interval(value, None, None, "logit-bootstrap", reason="one side has under two cases")
    size = max(min(resamples, DRAWS_AT_MOST // n), FEWEST_RESAMPLES)
    generator = np.random.default_rng(seed)
    drawn = []
    for first, second in zip(*(_draws(generator, len(side), size, n) for side in sides), strict=True):
        weights = np.zeros((len(first), n))
        weights[:, sides[0]], weights[:, sides[1]] = first, second
        drawn.append(statistic(weights))
    inner = np.clip(np.concatenate(drawn), 1e-6, 1.0 - 1e-6)
    spread = float(np.std(np.log(inner / (1.0 - inner)), ddof=1))
    return logit_interval(value, spread, "logit-bootstrap", level=level)


def logit_delong(wins: Weights, losses: Weights, *, level: float = LEVEL) -> Interval:
    """ROC-AUC from its structural components, with DeLong's variance (1988) carried to the logit.

    `wins` has one value a positive, `losses` one a negative case. An area of 0 or 1, and a
    side with one case, have no interval.
    """
    value = float(wins.mean())
    if min(len(wins), len(losses)) < 2:
        return Interval(value, None, None, "logit-delong", reason="one side has under two cases")
    variance = float(wins.var(ddof=1)) / len(wins) + float(losses.var(ddof=1)) / len(losses)
    spread = math.sqrt(variance) / (value * (1.0 - value)) if 0.0 < value < 1.0 else 0.0
    return logit_interval(value, spread, "logit-delong", level=level)


def logit_interval(value: float, spread: float, method: str, *, level: float = LEVEL) -> Interval:
    """The interval of a value from 0 to 1 whose logit has a known spread."""
    if not 0.0 < value < 1.0:
        return Interval(value, None, None, method, reason=f"a value of {value:g} has no interval")
    middle, half = math.log(value / (1.0 - value)), normal_quantile(0.5 + level / 2.0) * spread
    low, high = (0.5 * (1.0 + math.tanh((middle + side) / 2.0)) for side in (-half, half))
    return Interval(value, low, high, method)
