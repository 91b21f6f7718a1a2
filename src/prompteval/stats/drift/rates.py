"""Rates that must stay under a threshold: errors, slow requests, and what a service level leaves for them."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from prompteval.stats.distributions import normal_quantile
from prompteval.stats.drift.numbers import Weighted, quantile_of, value_of_rank
from prompteval.stats.drift.tails import binomial_at_least, exact_proportion
from prompteval.stats.interval import LEVEL, Interval, undefined
from prompteval.stats.paired.mcnemar import binomial_cdf

# One failure in ten requests is no evidence of a rate.
FEWEST_FAILURES = 3


@dataclass(frozen=True, slots=True)
class RateTest:
    """A rate with its exact interval, and the one-sided p of "the rate is at most the threshold"."""

    failures: int
    n: int
    low: float
    high: float
    p: float

    @property
    def observed(self) -> float:
        return self.failures / self.n

    def above(self, threshold: float) -> bool:
        """Whether the rate is shown to lie above the threshold: by its interval, with enough failures."""
        return self.low > threshold and self.failures >= FEWEST_FAILURES


def rate_test(
    failures: int, n: int, threshold: float, *, level: float = LEVEL, design: float = 1.0
) -> RateTest:
    """Clopper and Pearson's interval and the exact binomial test of `failures` of n > 0.

    `design` divides both counts, which are rounded, for rows that are not independent.
    """
    k, m = effective(failures, n, design)
    low, high = exact_proportion(k, m, level=level)
    p = 1.0 if threshold >= 1.0 else binomial_at_least(k, m, threshold)
    return RateTest(failures, n, low, high, p)


def effective(failures: int, n: int, design: float) -> tuple[int, int]:
    """(failures, rows) of as many independent rows."""
    return (failures, n) if design <= 1.0 else (math.floor(failures / design), max(math.ceil(n / design), 1))


def rate_can_show(n: int, threshold: float, *, level: float = LEVEL) -> bool:
    """Whether n rows, should all of them fail, could show a rate above the threshold."""
    return n >= FEWEST_FAILURES and threshold < 1.0 and threshold**n <= (1.0 - level) / 2.0


def failures_to_alert(n: int, threshold: float, *, level: float = LEVEL) -> int:
    """The fewest failures of n rows that show a rate above the threshold."""
    tail = (1.0 - level) / 2.0
    first, last = 0, n + 1
    while last - first > 1:
        middle = (first + last) // 2
        if binomial_at_least(middle, n, threshold) < tail:
            last = middle
        else:
            first = middle
    return max(last, FEWEST_FAILURES)


def rate_power(rate: float, n: int, threshold: float, *, level: float = LEVEL) -> float:
    """The chance that n rows that fail at `rate` show it; exact."""
    return binomial_at_least(failures_to_alert(n, threshold, level=level), n, rate)


def detectable_rate(n: int, threshold: float, power: float) -> float | None:
    """The smallest rate that n rows show with that probability; None where none is."""
    if n == 0 or rate_power(1.0, n, threshold) < power:
        return None
    low, high = threshold, 1.0
    for _ in range(50):
        middle = (low + high) / 2.0
        low, high = (low, middle) if rate_power(middle, n, threshold) >= power else (middle, high)
    return high


def weighted_percentile(side: Weighted, q: float, *, level: float = LEVEL) -> Interval:
    """As `percentile_interval`, of values with counts: two order statistics around the q-quantile."""
    n, tail = side.n, (1.0 - level) / 2.0
    value = quantile_of(side, q)
    if value is None:
        return undefined("order-statistics", "no row was timed")
    guess, spread = q * n, (normal_quantile(1.0 - tail) + 6.0) * math.sqrt(n * q * (1.0 - q)) + 10.0
    least, most = max(math.floor(guess - spread), 0), min(math.ceil(guess + spread), n)
    below = _last(lambda rank: binomial_cdf(rank - 1, n, q) <= tail, least, most)
    above = _last(lambda rank: binomial_cdf(rank - 1, n, q) < 1.0 - tail, least, n) + 1
    low = value_of_rank(side, below) if below > 0 else None
    high = value_of_rank(side, above) if above <= n else None
    reason = "" if low is not None and high is not None else f"{n:,} rows are too few for both ends"
    return Interval(value, low, high, "order-statistics", reason)


def _last(holds: Callable[[int], bool], first: int, last: int) -> int:
    """The last rank of which a condition holds that stops once; `first` where it holds of none."""
    low, high = first, last + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
