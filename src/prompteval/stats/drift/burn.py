"""The error budget of a service level: how fast it burns, over two windows at once.

The rates and windows are those of the Site Reliability Workbook (Beyer et al. 2018, chapter 5): 14.4 spends
2 % of thirty days' budget in an hour, 6 spends 5 % in six hours, 1 spends 10 % in three days.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prompteval.stats.drift.rates import FEWEST_FAILURES
from prompteval.stats.drift.tails import binomial_at_least
from prompteval.stats.interval import LEVEL

MINUTE, HOUR, DAY = 60, 3_600, 86_400


@dataclass(frozen=True, slots=True)
class BurnWindow:
    """A burn rate that alerts where both windows, in seconds, show it."""

    rate: float
    long_s: int
    short_s: int


WINDOWS: Sequence[BurnWindow] = (
    BurnWindow(14.4, HOUR, 5 * MINUTE),
    BurnWindow(6.0, 6 * HOUR, 30 * MINUTE),
    BurnWindow(1.0, 3 * DAY, 6 * HOUR),
)
LONGEST_S = max(window.long_s for window in WINDOWS)


@dataclass(frozen=True, slots=True)
class Burn:
    """What a pair of windows shows. `long` and `short` are burn rates, None where a window has no row.

    `p` is the exact binomial's of "failures come at the budget's rate", over the long window.
    """

    window: BurnWindow
    long: float | None
    short: float | None
    failures: int
    n: int
    p: float

    def alerts(self, alpha: float) -> bool:
        """Whether the budget burns too fast: both windows, three failures and the test say so."""
        if self.long is None or self.short is None or self.failures < FEWEST_FAILURES:
            return False
        return self.long >= self.window.rate and self.short >= self.window.rate and self.p <= alpha


def burn_rates(counts: Mapping[int, tuple[int, int]], now: float, budget: float, bucket_s: int) -> list[Burn]:
    """The burn over each pair of windows that end at `now`, in seconds.

    `counts` has (rows, failures) of each bucket of `bucket_s` seconds by the bucket's number; a bucket counts
    where any part of it is inside the window. `budget` is the share that may fail, over 0.
    """
    found = []
    for window in WINDOWS:
        n, failures = _sums(counts, now, window.long_s, bucket_s)
        n_short, failures_short = _sums(counts, now, window.short_s, bucket_s)
        long = failures / n / budget if n else None
        short = failures_short / n_short / budget if n_short else None
        found.append(Burn(window, long, short, failures, n, binomial_at_least(failures, n, budget)))
    return found


def _sums(counts: Mapping[int, tuple[int, int]], now: float, seconds: int, bucket_s: int) -> tuple[int, int]:
    last = int(now // bucket_s)
    first = int((now - seconds) // bucket_s) + 1
    chosen = [counts[number] for number in range(first, last + 1) if number in counts]
    return sum(n for n, _ in chosen), sum(failed for _, failed in chosen)


# What a page errs in, one-sided, where failures come at the budget's own rate.
BURN_ALPHA = (1.0 - LEVEL) / 2.0
