"""Paired yes-or-no scores: McNemar's test and Tango's interval of the difference."""

import math
from collections.abc import Callable

from prompteval.stats.distributions import incomplete_beta, normal_quantile
from prompteval.stats.interval import LEVEL


def binomial_cdf(k: int, n: int, p: float = 0.5) -> float:
    """P(X <= k) of a binomial with n draws; 0 for k < 0, 1 for k >= n."""
    if k < 0:
        return 0.0
    return 1.0 if k >= n else incomplete_beta(1.0 - p, n - k, k + 1.0)


def binomial_pmf(k: int, n: int, p: float = 0.5) -> float:
    """P(X = k) of a binomial with n draws, 0 <= k <= n."""
    if p <= 0.0 or p >= 1.0:
        return float(k == (0 if p <= 0.0 else n))
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(ways + k * math.log(p) + (n - k) * math.log1p(-p))


def mcnemar(broken: int, fixed: int) -> tuple[float, float]:
    """(mid-p, exact) two-sided p of McNemar's test (Fagerland, Lydersen and Laake 2013).

    `broken` counts cases right in A only, `fixed` those right in B only. Both are 1 without any.
    """
    n, k = broken + fixed, min(broken, fixed)
    if n == 0:
        return 1.0, 1.0
    tail = 2.0 * binomial_cdf(k, n)
    return min(max(tail - binomial_pmf(k, n), 0.0), 1.0), min(tail, 1.0)


def tango(broken: int, fixed: int, n: int, *, level: float = LEVEL) -> tuple[float, float]:
    """Score interval of the difference B - A of paired proportions (Tango 1998).

    The differences that the score test does not refuse, found by bisection; within -1 and 1.
    """
    z = normal_quantile(0.5 + level / 2.0)
    delta = (fixed - broken) / n
    low = _edge(lambda d: _score(broken, fixed, n, d) - z, -1.0, delta)
    high = _edge(lambda d: _score(broken, fixed, n, d) + z, delta, 1.0)
    return min(low, delta), max(high, delta)


def _score(broken: int, fixed: int, n: int, delta: float) -> float:
    """The score statistic of a supposed difference: it falls from +inf to -inf as the difference rises."""
    first = 2.0 * n
    second = -(fixed + broken) + (2.0 * n - fixed + broken) * delta
    third = -broken * delta * (1.0 - delta)
    root = math.sqrt(max(second * second - 4.0 * first * third, 0.0))
    share = max((root - second) / (2.0 * first), 0.0)
    variance = n * (2.0 * share + delta * (1.0 - delta))
    gap = fixed - broken - n * delta
    if variance <= 0.0:
        return 0.0 if gap == 0 else math.copysign(math.inf, gap)
    return gap / math.sqrt(variance)


def _edge(excess: Callable[[float], float], left: float, right: float) -> float:
    """Where a falling function crosses zero."""
    for _ in range(200):
        middle = (left + right) / 2.0
        if middle in (left, right):
            break
        left, right = (middle, right) if excess(middle) > 0 else (left, middle)
    return (left + right) / 2.0
