"""Always valid: a look after every case, by betting against the hypothesis that nothing changed.

A gambler who bets on a side of every next difference cannot expect to gain where the mean is 0, so
a wealth that ever passes 1/alpha errs in at most alpha (Ville's inequality; Waudby-Smith and Ramdas
2024, "Estimating means of bounded random variables by betting"). The stake is not tuned: the wealth
is the mean over a fixed set of stakes.
"""

import numpy as np
from numpy.typing import NDArray

from prompteval.stats.interval import refuse_nan
from prompteval.stats.sequential.looks import EarlyStop

Floats = NDArray[np.float64]

STAKES = np.asarray([0.98 * 0.7**step for step in range(16)])


def evidence(differences: Floats, scale: float) -> Floats:
    """The wealth after each case that bets on both sides at once, shape (n,); starts from 1.

    At most 1 in expectation at any time while the mean difference is 0. `scale` is the greatest
    possible |difference|. Raises ValueError for NaN and for a difference beyond the scale.
    """
    _refuse_unfit(differences, scale)
    return np.asarray(np.exp(_log_wealth(differences / scale, 0.0)), np.float64)


def _refuse_unfit(differences: Floats, scale: float) -> None:
    refuse_nan(differences)
    if np.any(np.abs(differences) > scale * (1.0 + 1e-12)):
        raise ValueError("a difference is larger than the scale")


def always_valid(
    differences: Floats, *, scale: float, alpha: float = 0.05, gates: int = 1
) -> EarlyStop | None:  # fmt: skip
    """The first case after which the wealth reaches gates / alpha; None where it never did.

    Several gates share alpha (Bonferroni). No case has no stop.
    """
    return refused(differences, 0.0, scale=scale, alpha=alpha, gates=gates)


def refused(
    differences: Floats, mean: float, *, scale: float, alpha: float = 0.05, gates: int = 1
) -> EarlyStop | None:  # fmt: skip
    """The first case after which bets against a supposed `mean` have won; None where they never did.

    The stop's `delta` is the mean of the prefix less the supposed one. `mean` lies within the scale.
    Raises ValueError as `evidence` does.
    """
    _refuse_unfit(differences, scale)
    wealth = np.exp(_log_wealth(differences / scale, mean / scale)) if len(differences) else differences
    reached = np.flatnonzero(wealth >= max(gates, 1) / alpha)
    if not len(reached):
        return None
    cases = int(reached[0]) + 1
    return EarlyStop(cases, float(differences[:cases].mean()) - mean)


def _log_wealth(values: Floats, mean: float) -> Floats:
    """Log wealth after each of `values` (from -1 to 1) of bets for and against `mean`, half on each side."""
    stakes = np.concatenate([STAKES / (1.0 + mean + 1e-12), -STAKES / (1.0 - mean + 1e-12)])
    bets = np.cumsum(np.log1p((values[:, None] - mean) * stakes[None, :]), axis=0)
    top = bets.max(axis=1)
    return np.asarray(top + np.log(np.exp(bets - top[:, None]).mean(axis=1)), np.float64)
