"""What the cases can see: the smallest drop that the whole rule finds, and how many more would do."""

import math
from functools import lru_cache

from prompteval.core.verdict import Comparison
from prompteval.stats.distributions import normal_quantile
from prompteval.stats.interval import LEVEL
from prompteval.stats.paired.mcnemar import binomial_cdf, binomial_pmf

POWER = 0.8
# A drop so small that a million millions of cases would not rule it out.
HOPELESS = 1e6
_TAILS = 6.0
_SKEWED = 12.0  # pairs more: the upper tail of few discordant pairs is a long one
_FINE = 1e-4


def detectable_effect(found: Comparison, *, alpha: float, min_effect: float) -> float | None:
    """The smallest drop at which the rule says `regressed` with 80 % power; None where none is.

    `alpha` is already divided by the size of the family. The observed difference is not used.
    """
    if found.reason or found.undecidable or found.delta is None:
        return None
    if found.discordant is not None:
        return _binary_effect(found.pairs, found.discordant, alpha, min_effect)
    if not found.spread or found.half is None:
        return None
    return _mean_effect(found, found.spread, found.half, alpha, min_effect)


def _mean_effect(
    found: Comparison, spread: float, half: float, alpha: float, min_effect: float
) -> float | None:
    """By normal theory: interval, flips and min_effect must all say worse.

    Independent bounded differences keep their squares and turn their signs, and a drop that this
    cannot give takes more cases that differ: the discordance of yes-or-no scores does the same.
    Others are shifted.
    """
    z, usual = normal_quantile(1.0 - alpha / 2.0), normal_quantile(0.5 + LEVEL / 2.0)
    n, units, step = found.pairs, found.clusters or found.pairs, found.step or 0.0
    turned = step > 0.0 and found.clusters is None
    if z * z >= units or 2.0 ** (1 - units) > alpha:
        return None

    def seen(drop: float) -> bool:
        square = max(n * spread**2, drop * step)
        variance = max(square - drop**2, 0.0) if turned else square
        interval = math.sqrt(max(half**2 + usual**2 * (variance / n - spread**2), 0.0))
        flips = z * math.sqrt(variance / n / (1.0 - z * z / units))
        noise = variance
        if turned and flips > 0.0:
            # What flips allow grows with the very differences that make the drop (delta method).
            slope = z * z / (2.0 * n * flips)
            noise += slope * (slope * square - 2.0 * drop) * (step**2 - square)
        power = normal_quantile(POWER)
        fixed = max(interval, min_effect) + power * math.sqrt(variance / n)
        return max(fixed, flips + power * math.sqrt(max(noise, 0.0) / n)) <= drop

    low, high = 0.0, max(half, min_effect)
    while not seen(high):
        low, high = high, 2.0 * high
    for _ in range(40):
        drop = (low + high) / 2.0
        low, high = (low, drop) if seen(drop) else (drop, high)
    return high


@lru_cache(maxsize=4096)
def _binary_effect(n: int, discordant: int, alpha: float, min_effect: float) -> float | None:
    """By bisection over the exact power, with discordance max(estimate, drop)."""
    estimate = min((discordant + 0.5) / (n + 1.0), 1.0)
    low, high = 0.0, 1.0
    if binary_power(n, 1.0, 1.0, alpha, min_effect) < POWER:
        return None
    while high - low > _FINE:
        drop = (low + high) / 2.0
        reached = binary_power(n, drop, max(estimate, drop), alpha, min_effect) >= POWER
        low, high = (low, drop) if reached else (drop, high)
    return high


def binary_power(n: int, drop: float, discordance: float, alpha: float, min_effect: float) -> float:
    """P(regressed) for paired 0/1 scores: exact over all numbers of discordant pairs that have a chance.

    The binomial of the next number of pairs follows from that of the last one by Pascal's rule.
    """
    if discordance <= 0.0:
        return 0.0
    most = _most_fixed(n, round(alpha, 12), min_effect)
    fixed = (discordance - drop) / (2.0 * discordance)
    width = _TAILS * math.sqrt(n * discordance * (1.0 - discordance)) + _SKEWED
    first, last = max(int(n * discordance - width), 1), min(int(n * discordance + width) + 1, n)
    odds = fixed / (1.0 - fixed)
    k = most[first]
    below, point = binomial_cdf(k, first, fixed), binomial_pmf(k, first, fixed) if k >= 0 else 0.0
    power = 0.0
    for count in range(first, last + 1):
        if count > first and k >= 0:
            below -= fixed * point
            point *= (1.0 - fixed) * count / (count - k)
        if most[count] > k:
            point = (1.0 - fixed) ** count if k < 0 else point * (count - k) / (k + 1) * odds
            k, below = k + 1, below + point
        power += binomial_pmf(count, n, discordance) * below
    return power


@lru_cache(maxsize=64)
def _most_fixed(n: int, alpha: float, min_effect: float) -> tuple[int, ...]:
    """By number of discordant pairs, 0 to n: the most fixed ones that are still called worse; -1 for none.

    The number rises by at most one a pair. Tango's interval lies below 0 where the score test at 0,
    (broken - fixed) / sqrt(broken + fixed), exceeds 1.96.
    """
    usual = normal_quantile(0.5 + LEVEL / 2.0)
    k, below, point, found = -1, 0.0, 0.0, [-1]
    for count in range(1, n + 1):
        if k >= 0:
            below -= point / 2.0
            point *= count / (count - k) / 2.0
        following = 0.5**count if k < 0 else point * (count - k) / (k + 1)
        if 2.0 * below + following <= alpha:
            k, below, point = k + 1, below + following, following
        interval = math.ceil((count - usual * math.sqrt(count)) / 2.0) - 1
        matters = math.floor((count - n * min_effect) / 2.0 + 1e-9)
        found.append(max(min(k, interval, matters), -1))
    return tuple(found)


def cases_needed(found: Comparison, margin: float) -> int | None:
    """How many more cases would rule out a drop of `margin` four times in five, if B is no worse.

    None where the spread is not known, the cases there are enough, or no number of cases would be.
    """
    if found.discordant is not None:
        variance = (found.discordant + 0.5) / (found.pairs + 1.0)
    elif found.spread:
        variance = found.spread**2 * found.pairs
    else:
        return None
    reach = normal_quantile(0.5 + LEVEL / 2.0) + normal_quantile(POWER)
    if margin <= 0 or reach / margin > HOPELESS:
        return None
    more = math.ceil(variance * (reach / margin) ** 2) - found.pairs
    return more if more > 0 else None
