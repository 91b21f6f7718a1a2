"""Intervals for cases that are not independent: threads, documents, anything that shares a fate.

The variance is CR2 (Bell and McCaffrey 2002) with Satterthwaite's degrees of freedom
(Pustejovsky and Tipton 2018), here for a plain mean, where both have a closed form.
"""

import math

import numpy as np
from numpy.typing import NDArray

from prompteval.stats.distributions import normal_quantile, t_quantile
from prompteval.stats.interval import LEVEL, Interval, refuse_nan, undefined, wilson

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]
FEWEST_CLUSTERS = 6
FEW_CLUSTERS = 20


def mean_cr2(values: Floats, clusters: Codes) -> tuple[float, float, float]:
    """(mean, standard error, degrees of freedom) of clustered values; `clusters` are codes from 0.

    With every case its own cluster this is the usual standard error with n - 1 degrees of
    freedom. One cluster has an infinite error and no degree of freedom. Raises ValueError for NaN.
    """
    refuse_nan(values)
    n = len(values)
    mean = float(np.mean(values))
    sizes = np.bincount(clusters).astype(np.float64)
    sums = np.bincount(clusters, weights=values - mean)
    share = sizes[sizes > 0] / n
    if len(share) < 2:
        return mean, math.inf, 0.0
    variance = float(np.sum(sums[sizes > 0] ** 2 / (1.0 - share))) / n**2
    crossed = share**2 / (1.0 - share)
    spread = float(np.sum(share**2) + np.sum(crossed) ** 2 - np.sum(crossed**2))
    return mean, math.sqrt(variance), 1.0 / spread


def cluster_count(clusters: Codes) -> int:
    """How many clusters there are."""
    return len(np.unique(clusters))


def cluster_note(clusters: Codes) -> str:
    """What few clusters mean for the interval; empty from FEW_CLUSTERS on."""
    count = cluster_count(clusters)
    if count < FEWEST_CLUSTERS:
        return f"only {count} clusters; under {FEWEST_CLUSTERS} nothing can be decided"
    return f"only {count} clusters; the interval is rough" if count < FEW_CLUSTERS else ""


def wilson_clustered(values: Floats, clusters: Codes, *, level: float = LEVEL) -> Interval:
    """Wilson's interval of a proportion with the effective sample size of clustered cases.

    `values` are 0 or 1, or means over repeats. n is divided by the design effect and scaled by
    (z / t)² for the degrees of freedom (Korn and Graubard 1998), never above n. Where all
    values are the same the clusters are counted instead. Undefined for no case.
    """
    n = len(values)
    if n == 0:
        return undefined("wilson-clustered", "no case was scored")
    mean, error, freedom = mean_cr2(values, clusters)
    note = cluster_note(clusters)
    if freedom <= 0:
        return Interval(mean, None, None, "wilson-clustered", "one cluster has no interval", note)
    plain = mean * (1.0 - mean) / n
    if plain <= 0 or error == 0:
        effective = float(cluster_count(clusters))
    else:
        scale = normal_quantile(0.5 + level / 2.0) / t_quantile(0.5 + level / 2.0, freedom)
        effective = min(n * plain / error**2 * scale**2, float(n))
    found = wilson(mean * effective, effective, level=level)
    return Interval(mean, found.low, found.high, "wilson-clustered", note=note)


def mean_clustered(
    values: Floats, clusters: Codes, low: float | None, high: float | None, *, level: float = LEVEL
) -> Interval:
    """CR2 t interval of a mean; on a bounded scale with a cluster of `low` and one of `high` appended.

    Each of the two has as many cases as one independent case is worth, so that lone cases give
    `t01`. The value is the plain mean. Undefined for no case; one cluster has no interval. Raises
    ValueError for NaN.
    """
    method = "cr2-t" if low is None or high is None else "cr2-t01"
    if len(values) == 0:
        return undefined(method, "no case was scored")
    refuse_nan(values)
    mean, note = float(np.mean(values)), cluster_note(clusters)
    if cluster_count(clusters) < 2:
        return Interval(mean, None, None, method, "one cluster has no interval", note)
    if low is None or high is None:
        middle, error, freedom = mean_cr2(values, clusters)
        half = t_quantile(0.5 + level / 2.0, freedom) * error
        return Interval(mean, middle - half, middle + half, method, note=note)
    worth, top = _worth_of_a_case(values, clusters), int(clusters.max())
    added = np.repeat(np.asarray([top + 1, top + 2], dtype=np.int32), worth)
    more = np.repeat([low, high], worth)
    middle, error, freedom = mean_cr2(np.append(values, more), np.append(clusters, added).astype(np.int32))
    half = t_quantile(0.5 + level / 2.0, freedom) * error
    ends = max(min(middle - half, mean), low), min(max(middle + half, mean), high)
    return Interval(mean, *ends, method, note=note)


def _worth_of_a_case(values: Floats, clusters: Codes) -> int:
    """How many clustered cases say as much as an independent one: the design effect, rounded up.

    From 1 to the mean size of a cluster, which it is where no value differs.
    """
    n = len(values)
    size = n / cluster_count(clusters)
    plain = float(np.var(values, ddof=1)) / n
    effect = mean_cr2(values, clusters)[1] ** 2 / plain if plain > 0 else size
    return math.ceil(min(max(effect, 1.0), size) - 1e-9)
