"""Which of several systems is preferred: Bradley-Terry."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prompteval.stats.distributions import normal_quantile
from prompteval.stats.interval import LEVEL

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
