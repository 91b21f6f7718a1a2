"""Tail probabilities of the tests of drift, without scipy."""

import math
from collections.abc import Callable

from prompteval.stats.distributions import incomplete_beta

_TERMS = 10_000


def chi_squared_sf(x: float, df: float) -> float:
    """P(X >= x) of chi-squared with df > 0 degrees of freedom; 1 for x <= 0.

    The regularised incomplete gamma by series or continued fraction (Press et al., Numerical Recipes 6.2).
    """
    if x < 1e-300:
        return 1.0
    a, half = df / 2.0, x / 2.0
    front = math.exp(a * math.log(half) - half - math.lgamma(a))
    if half < a + 1.0:
        return 1.0 - front * _series(a, half)
    return front * _fraction(a, half)


def _series(a: float, x: float) -> float:
    term = total = 1.0 / a
    for k in range(1, _TERMS):
        term *= x / (a + k)
        total += term
        if term < total * 1e-16:
            break
    return total


def _fraction(a: float, x: float) -> float:
    tiny = 1e-300
    b = x + 1.0 - a
    c, d = 1.0 / tiny, 1.0 / b
    result = d
    for k in range(1, _TERMS):
        b += 2.0
        d = 1.0 / (b - k * (k - a) * d)
        c = b - k * (k - a) / (c if abs(c) > tiny else tiny)
        result *= c * d
        if abs(c * d - 1.0) < 1e-16:
            break
    return result


def kolmogorov_sf(x: float) -> float:
    """P(K >= x) of Kolmogorov's limiting distribution; 1 for x <= 0."""
    if x < 0.2:  # the probability differs from 1 by less than 1e-12, and the series converges slowly
        return 1.0
    total = math.fsum((1.0 if k % 2 else -1.0) * math.exp(-2.0 * k * k * x * x) for k in range(1, 101))
    return min(max(2.0 * total, 0.0), 1.0)


def binomial_at_least(k: int, n: int, p: float) -> float:
    """P(X >= k) of a binomial with n draws, exact in the upper tail; 1 for k <= 0."""
    if k <= 0:
        return 1.0
    return 0.0 if k > n else incomplete_beta(p, k, n - k + 1.0)


def exact_proportion(k: int, n: int, *, level: float) -> tuple[float, float]:
    """Clopper and Pearson's interval (1934) of k of n > 0, by bisection of the exact tails."""
    tail = (1.0 - level) / 2.0
    low = 0.0 if k == 0 else bisected(lambda p: binomial_at_least(k, n, p) > tail, 0.0, k / n)
    high = 1.0 if k == n else bisected(lambda p: 1.0 - binomial_at_least(k + 1, n, p) < tail, k / n, 1.0)
    return low, high


def bisected(beyond: Callable[[float], bool], low: float, high: float) -> float:
    """Where a monotone condition begins to hold between `low` and `high`."""
    for _ in range(100):
        middle = (low + high) / 2.0
        if middle in (low, high):
            break
        low, high = (low, middle) if beyond(middle) else (middle, high)
    return (low + high) / 2.0


def excess_p(low_at: Callable[[float], float], threshold: float) -> float:
    """The one-sided p of "the effect is at most the threshold", from the lower ends of its intervals.

    `low_at(level)` is the lower end of the two-sided interval at a level, which falls as the level
    rises. The result is at most 0.025 exactly where the 95 % interval lies beyond the threshold; it is never
    below 1e-12, where a level can no longer be distinguished from 1.
    """
    if low_at(1e-9) <= threshold:
        return 1.0  # the value itself is not beyond it; how far below does not matter
    least = 1e-12
    if low_at(1.0 - 2.0 * least) > threshold:
        return least
    found = bisected(lambda x: low_at(1.0 - 2.0 * math.exp(x)) > threshold, math.log(least), math.log(0.5))
    return math.exp(found)
