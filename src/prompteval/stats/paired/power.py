"""What the cases can see: the smallest drop that the whole rule finds, and how many more would do."""

import math
from functools import lru_cache

from prompteval.core.verdict import Comparison
from prompteval.stats.distributions import normal_quantile
from prompteval.stats.interval import LEVEL
from prompteval.stats.paired.mcnemar import binomial_cdf, mcnemar

POWER = 0.8
_TAILS = 6.0


def detectable_effect(found: Comparison, *, alpha: float, min_effect: float) -> float | None:
    """The smallest drop at which the rule says `regressed` with 80 % power; None where none is.

    `alpha` is already divided by the size of the family. The observed difference is not used.
    """
    if found.reason or found.undecidable or found.delta is None:
        return None
    if found.discordant is not None:
        return _binary_effect(found.pairs, found.discordant, alpha, min_effect)
    if not found.spread:
        return None
    critical = normal_quantile(1.0 - alpha / 2.0) * found.spread
    return max(critical, min_effect) + normal_quantile(POWER) * found.spread


def _binary_effect(n: int, discordant: int, alpha: float, min_effect: float) -> float | None:
    """By bisection over the exact power, with discordance max(estimate, drop)."""
    estimate = min((discordant + 0.5) / (n + 1.0), 1.0)
    low, high = 0.0, 1.0
    if binary_power(n, 1.0, 1.0, alpha, min_effect) < POWER:
        return None
    while high - low > 1e-4:
        drop = (low + high) / 2.0
        reached = binary_power(n, drop, max(estimate, drop), alpha, min_effect) >= POWER
        low, high = (low, drop) if reached else (drop, high)
    return high


def binary_power(n: int, drop: float, discordance: float, alpha: float, min_effect: float) -> float:
    """P(regressed) for paired 0/1 scores: exact over the number of discordant pairs, within 6 deviations."""
    centre, width = n * discordance, _TAILS * math.sqrt(n * discordance * (1.0 - discordance)) + 1.0
    share_fixed = (discordance - drop) / (2.0 * discordance) if discordance > 0 else 0.5
    power = 0.0
    for count in range(max(int(centre - width), 1), min(int(centre + width) + 1, n) + 1):
        most = min(_most_fixed(count, round(alpha, 12)), math.floor((count - n * min_effect) / 2.0 + 1e-9))
        if most >= 0:
            power += _pmf(count, n, discordance) * binomial_cdf(most, count, share_fixed)
    return power


@lru_cache(maxsize=200_000)
def _most_fixed(count: int, alpha: float) -> int:
    """The most fixed cases of `count` discordant ones that mid-p McNemar calls worse; -1 for none."""
    guess = math.floor(count / 2.0 - normal_quantile(1.0 - alpha / 2.0) * math.sqrt(count) / 2.0)
    guess = min(max(guess, -1), (count - 1) // 2)
    while guess + 1 < count / 2.0 and mcnemar(count - guess - 1, guess + 1)[0] <= alpha:
        guess += 1
    while guess >= 0 and mcnemar(count - guess, guess)[0] > alpha:
        guess -= 1
    return guess


def _pmf(k: int, n: int, p: float) -> float:
    if p >= 1.0:
        return float(k == n)
    return math.exp(
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        + k * math.log(p) + (n - k) * math.log1p(-p)
    )  # fmt: skip


def cases_needed(found: Comparison, margin: float) -> int | None:
    """How many more cases would rule out a drop of `margin` four times in five, if B is no worse.

    None where the spread is not known or the cases there are enough.
    """
    if found.discordant is not None:
        variance = (found.discordant + 0.5) / (found.pairs + 1.0)
    elif found.spread:
        variance = found.spread**2 * found.pairs
    else:
        return None
    reach = normal_quantile(0.5 + LEVEL / 2.0) + normal_quantile(POWER)
    more = math.ceil(variance * (reach / margin) ** 2) - found.pairs if margin > 0 else 0
    return more if more > 0 else None
