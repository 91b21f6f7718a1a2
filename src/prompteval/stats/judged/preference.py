"""Which of several systems is preferred: Bradley-Terry."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prompteval.stats.distributions import t_quantile
from prompteval.stats.interval import LEVEL
from prompteval.stats.resample import Codes

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


@dataclass(frozen=True, slots=True)
class Duels:
    """Preferences between two of several systems, one an element.

    `first` and `second` are places among the systems, `preferred` is 1 where the first one is, 0 where the
    second one is, one half for a tie. `cases` are codes from 0: preferences of one case are not independent.
    """

    first: Codes
    second: Codes
    preferred: Floats
    cases: Codes


def bradley_terry(names: Sequence[str], duels: Duels, *, level: float = LEVEL) -> tuple[Strength, ...] | None:
    """Strengths (Bradley and Terry 1952) by maximum likelihood; a tie is half a win for both.

    The intervals are by case: the sandwich of the observed information around what whole cases add to the
    gradient (CR1), with Student's t over the cases. None where the preferences have no maximum: where some
    systems never lose to, or are never compared with, the others. No interval for under two cases.
    """
    wins = _wins(len(names), duels)
    if not _connected(wins):
        return None
    scores, information = _fitted(wins)
    first = Strength(names[0], 0.0, None, None)
    errors = _errors(scores, information, duels)
    cases = len(np.unique(duels.cases))
    width = t_quantile(0.5 + level / 2.0, cases - 1) if cases > 1 else None
    others = (
        Strength(name, float(score), None, None)
        if width is None
        else Strength(name, float(score), float(score - width * error), float(score + width * error))
        for name, score, error in zip(names[1:], scores[1:], errors, strict=True)
    )
    return (first, *others)


def _wins(count: int, duels: Duels) -> Floats:
    """How often each system (row) was preferred to each other."""
    wins = np.zeros((count, count))
    np.add.at(wins, (duels.first, duels.second), duels.preferred)
    np.add.at(wins, (duels.second, duels.first), 1.0 - duels.preferred)
    return wins


def _fitted(wins: Floats) -> tuple[Floats, Floats]:
    """(the strengths, the observed information), by Newton's method."""
    count, games = len(wins), wins + wins.T
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
    return scores, information


def _errors(scores: Floats, information: Floats, duels: Duels) -> Floats:
    """The standard error of every strength but the first."""
    surprise = duels.preferred - 1.0 / (1.0 + np.exp(scores[duels.second] - scores[duels.first]))
    cases = len(np.unique(duels.cases))
    added = np.zeros((int(duels.cases.max()) + 1, len(scores)))
    np.add.at(added, (duels.cases, duels.first), surprise)
    np.add.at(added, (duels.cases, duels.second), -surprise)
    meat = added[:, 1:].T @ added[:, 1:] * cases / max(cases - 1, 1)
    bread = np.linalg.inv(information[1:, 1:])
    return np.asarray(np.sqrt(np.diag(bread @ meat @ bread)), np.float64)


def _connected(wins: Floats) -> bool:
    """Whether every system has beaten every other, over others in between (Ford 1957)."""
    reached = (wins > 0) | np.eye(len(wins), dtype=bool)
    for _ in range(len(wins)):
        reached = reached @ reached
    return bool(reached.all())
