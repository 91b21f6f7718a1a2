"""Group-sequential looks at the paired differences, with O'Brien-Fleming bounds."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from prompteval.stats.distributions import normal_cdf, normal_quantile, t_two_sided
from prompteval.stats.paired.mcnemar import mcnemar

Floats = NDArray[np.float64]

FRACTIONS = (0.2, 0.4, 0.6, 0.8, 1.0)
BIASED = "stopped early: an effect shown is biased upward, on average larger than the true one"
_NODES = 200
_FAR = 8.0


@dataclass(frozen=True, slots=True)
class Look:
    """A planned look: after `cases` cases, with its one-sided bound `z` and the `p` that is the same."""

    cases: int
    z: float
    p: float


@dataclass(frozen=True, slots=True)
class EarlyStop:
    """Where the differences were first beyond doubt: the mean `delta` of the first `cases`."""

    cases: int
    delta: float

    @property
    def worse(self) -> bool:
        """Whether B scores lower."""
        return self.delta < 0


def planned_looks(cases: int, *, alpha: float = 0.05, gates: int = 1) -> tuple[Look, ...]:
    """Looks at 20, 40, 60, 80 and 100 % of `cases`; `alpha` is two-sided and shared by `gates` (Bonferroni).

    Of looks that fall on the same case the last one stays. None without a case.
    """
    bounds = obrien_fleming(alpha / (2.0 * max(gates, 1)))
    at = {math.ceil(fraction * cases - 1e-9): z for fraction, z in zip(FRACTIONS, bounds, strict=True)}
    return tuple(Look(count, z, normal_cdf(-z)) for count, z in at.items() if count > 0)


def crossed(differences: Floats, look: Look, *, scale: float | None) -> EarlyStop | None:
    """Whether the differences seen at one look cross its bound; None where they do not."""
    if one_sided(differences, scale) > look.p:
        return None
    return EarlyStop(len(differences), float(differences.mean()))


def one_sided(differences: Floats, scale: float | None) -> float:
    """p of the side on which the mean lies: half of mid-p McNemar for differences of -1, 0 and 1.

    Mid-p keeps its meaning when few cases differ, where a z would not. Others take Student's t,
    with +scale and -scale appended. 1 for no spread and for under two cases.
    """
    if scale == 1.0 and np.isin(differences, (-1.0, 0.0, 1.0)).all():
        return mcnemar(int(np.sum(differences < 0)), int(np.sum(differences > 0)))[0] / 2.0
    values = differences if scale is None else np.append(differences, (scale, -scale))
    n = len(values)
    error = float(np.std(values, ddof=1)) / math.sqrt(n) if n > 1 else 0.0
    if error <= 1e-12 * float(np.abs(values).max(initial=0.0)):
        return 1.0
    return t_two_sided(float(values.mean()) / error, n - 1.0) / 2.0


@lru_cache(maxsize=64)
def obrien_fleming(alpha: float) -> tuple[float, ...]:
    """One-sided bounds of z at the five looks, which together err in `alpha` (Lan and DeMets 1983).

    A share t of the cases may spend 2 (1 - Φ(z(1 - alpha/2) / √t)). Chances to cross come by
    integration over the paths that have not crossed yet (Armitage, McPherson and Rowe 1969). For
    alpha = .025 they are 4.877, 3.357, 2.680, 2.290 and 2.031.
    """
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    reach = normal_quantile(1.0 - alpha / 2.0)
    bounds: list[float] = []
    points, mass, before, spent = np.zeros(1), np.ones(1), 0.0, 0.0
    for share in FRACTIONS:
        step, root = math.sqrt(share - before), math.sqrt(share)
        allowed = 2.0 * normal_cdf(-reach / root)
        bound = _bound(points, mass, step, root, allowed - spent)
        low, high = -_FAR * root, bound * root
        reached = (high - low) / 2.0 * nodes + (high + low) / 2.0
        gaps = (reached[:, None] - points[None, :]) / step
        density = np.exp(-0.5 * gaps**2) @ mass / (step * math.sqrt(2.0 * math.pi))
        points, mass = reached, weights * (high - low) / 2.0 * density
        bounds.append(bound)
        before, spent = share, allowed
    return tuple(bounds)


def _bound(points: Floats, mass: Floats, step: float, root: float, chance: float) -> float:
    """The z that paths from `points` cross with this chance in the next step, by bisection."""
    low, high = 0.0, 40.0
    while high - low > 1e-10:
        middle = (low + high) / 2.0
        beyond = [normal_cdf((point - middle * root) / step) for point in points.tolist()]
        low, high = (middle, high) if float(mass @ np.asarray(beyond)) > chance else (low, middle)
    return (low + high) / 2.0
