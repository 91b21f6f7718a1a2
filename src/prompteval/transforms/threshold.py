"""A threshold on a score."""

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np

from prompteval.core.transform import Features, State
from prompteval.transforms.numbers import came_true, number


class Threshold:
    """Yes from a score up: the one with the best F1 on what it was fitted on, the lowest of equal ones.

    It lies half-way between two scores that were seen.
    """

    name: ClassVar[str] = "threshold"
    labelled: ClassVar[bool] = True
    width: ClassVar[int | None] = 1

    def __init__(self, threshold: float = 0.5) -> None:
        self.threshold = threshold

    def fit(self, rows: Sequence[Features], labels: Sequence[str]) -> None:
        """Choose the threshold. Raises ValueError for labels of one kind."""
        x = np.array([row[0] for row in rows], dtype=np.float64)
        truth = np.array(came_true(labels), dtype=np.int64)
        points, inverse = np.unique(x, return_inverse=True)
        hits = np.bincount(inverse, weights=truth)[::-1].cumsum()[::-1]
        chosen = np.bincount(inverse)[::-1].cumsum()[::-1]
        best = int(np.argmax(2 * hits / (chosen + truth.sum())))
        low = points[best - 1] if best else points[0]
        self.threshold = float((low + points[best]) / 2)

    def transform(self, row: Features) -> bool:
        """Whether the score is at the threshold or above."""
        return row[0] >= self.threshold

    def state(self) -> State:
        """The threshold."""
        return {"threshold": self.threshold}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Raises ValueError for what is not a number."""
        return cls(number(state, "threshold"))
