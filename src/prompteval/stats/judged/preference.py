"""Which of several systems is preferred: Bradley-Terry, and a win rate at equal length."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prompteval.stats.distributions import normal_quantile
from prompteval.stats.interval import LEVEL, Interval, undefined
from prompteval.stats.resample import Codes, case_bca

Floats = NDArray[np.float64]
STEPS = 100
TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True)
class Strength:
    """A system's log-odds of being preferred to the first one, which has 0."""

    name: str
    value: float
    low: float | None
    high: float | None


def bradley_terry(names: Sequence[str], wins: Floats, *, level: float = LEVEL) -> tuple[Strength, ...] | None:
    """Strengths (Bradley and Terry 1952) by maximum likelihood, intervals from the observed information.

    `wins[i, j]` counts how often i was preferred to j, a tie as half for both. None where the preferences
    have no maximum: where some systems never lose to, or are never compared with, the others.
    """
    if not _connected(wins):
        return None
    count, games = len(names), wins + wins.T
    scores = np.zeros(count)
    information = np.zeros((count, count))
    for _ in range(STEPS):
        odds = 1.0 / (1.0 + np.exp(scores[None, :] - scores[:, None]))
        gradient = (wins - games * odds).sum(1)
        curvature = games * odds * (1.0 - odds)
        information = np.diag(curvature.sum(1)) - curvature
        step = np.zeros(count)
        step[1:] = np.linalg.solve(information[1:, 1:], gradient[1:])
        scores = scores + step
        if np.abs(step).max() < TOLERANCE:
            break
    spread = np.zeros(count)
    spread[1:] = np.sqrt(np.diag(np.linalg.inv(information[1:, 1:])))
    z = normal_quantile(0.5 + level / 2.0)
    first = Strength(names[0], 0.0, None, None)
    others = [
        Strength(name, float(score), float(score - z * error), float(score + z * error))
        for name, score, error in zip(names[1:], scores[1:], spread[1:], strict=True)
    ]
    return (first, *others)


def _connected(wins: Floats) -> bool:
    """Whether every system has beaten every other, over others in between (Ford 1957)."""
    reached = (wins > 0) | np.eye(len(wins), dtype=bool)
    for _ in range(len(wins)):
        reached = reached @ reached
    return bool(reached.all())


def length_controlled(
    preferred: Floats, longer: Floats, *, seed: int, clusters: Codes | None = None, level: float = LEVEL
) -> Interval:
    """The win rate that equal lengths would give (Dubois et al. 2024, the terms of model and length).

    `preferred` is 1 where the second answer won, 0 where it lost, one half for a tie; `longer` is how much
    longer it is, in any unit. A logistic model of the win has a constant and tanh of the standardised
    difference; the rate is that of the constant alone. Resampled by case.
    """
    spread = float(longer.std()) if len(longer) else 0.0
    if not len(preferred):
        return undefined("bca", "no pair was judged")
    feature = np.tanh(longer / spread) if spread > 0.0 else np.zeros(len(longer))

    def statistic(weights: Floats) -> Floats:
        flat = weights.reshape(-1, weights.shape[-1])
        return _constants(preferred, feature, flat).reshape(weights.shape[:-1])

    return case_bca(statistic, len(preferred), seed=seed, clusters=clusters, resamples=2_000, level=level)


def _constants(preferred: Floats, feature: Floats, weights: Floats) -> Floats:
    """The win rate at no difference for each row of weights; one imagined win and loss keep it finite."""
    constant, slope = np.zeros(len(weights)), np.zeros(len(weights))
    prior = 1.0  # half a win and half a loss at length 0, and a weak pull of the slope to 0
    for _ in range(25):
        odds = 1.0 / (1.0 + np.exp(-(constant[:, None] + slope[:, None] * feature)))
        centre = 1.0 / (1.0 + np.exp(-constant))
        residual = weights * (preferred - odds)
        curve = weights * odds * (1.0 - odds)
        g0 = residual.sum(1) + prior * (0.5 - centre)
        g1 = (residual * feature).sum(1) - 1e-3 * slope
        h00 = curve.sum(1) + prior * centre * (1.0 - centre)
        h01, h11 = (curve * feature).sum(1), (curve * feature**2).sum(1) + 1e-3
        below = h00 * h11 - h01**2
        step0, step1 = (h11 * g0 - h01 * g1) / below, (h00 * g1 - h01 * g0) / below
        largest = np.maximum(np.maximum(np.abs(step0), np.abs(step1)), 1.0)
        constant, slope = constant + step0 / largest, slope + step1 / largest
        if math.isclose(float(np.abs(step0).max()), 0.0, abs_tol=1e-9):
            break
    return np.asarray(1.0 / (1.0 + np.exp(-constant)), np.float64)
