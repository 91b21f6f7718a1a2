"""Calibration maps: a score or a confidence to the probability that the answer is right."""

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np

from prompteval.core.transform import Features, State
from prompteval.transforms.numbers import came_true, number, numbers

_STEPS = 100


class Platt:
    """A logistic curve 1 / (1 + exp(a x + b)) (Platt 1999), by Newton's method with a line search.

    Targets are (n+ + 1) / (n+ + 2) and 1 / (n- + 2); the algorithm is that of Lin, Lin and Weng 2007.
    """

    name: ClassVar[str] = "platt"
    labelled: ClassVar[bool] = True
    width: ClassVar[int | None] = 1

    def __init__(self, a: float = 0.0, b: float = 0.0) -> None:
        self.a, self.b = a, b

    def fit(self, rows: Sequence[Features], labels: Sequence[str]) -> None:
        """Learn the curve. Raises ValueError for labels of one kind."""
        x = np.array([row[0] for row in rows], dtype=np.float64)
        truth = np.array(came_true(labels))
        positive, negative = int(truth.sum()), int((~truth).sum())
        target = np.where(truth, (positive + 1) / (positive + 2), 1 / (negative + 2))
        a, b = 0.0, float(np.log((negative + 1) / (positive + 1)))
        loss = _loss(a * x + b, target)
        for _ in range(_STEPS):
            p = 1 / (1 + np.exp(np.clip(a * x + b, -700, 700)))
            weight, slope = p * (1 - p), target - p
            h11, h22 = float((x * x * weight).sum()) + 1e-12, float(weight.sum()) + 1e-12
            h21, g1, g2 = float((x * weight).sum()), float((x * slope).sum()), float(slope.sum())
            if abs(g1) < 1e-7 and abs(g2) < 1e-7:
                break
            det = h11 * h22 - h21 * h21
            da, db = -(h22 * g1 - h21 * g2) / det, -(-h21 * g1 + h11 * g2) / det
            step = 1.0
            while step >= 1e-10:
                new = _loss((a + step * da) * x + b + step * db, target)
                if new < loss + 1e-4 * step * (g1 * da + g2 * db):
                    a, b, loss = a + step * da, b + step * db, new
                    break
                step /= 2
            else:
                break
        self.a, self.b = float(a), float(b)

    def transform(self, row: Features) -> float:
        """The probability, between 0 and 1."""
        return float(1 / (1 + np.exp(np.clip(self.a * row[0] + self.b, -700, 700))))

    def state(self) -> State:
        """The two coefficients."""
        return {"a": self.a, "b": self.b}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Raises ValueError for what is not two numbers."""
        return cls(number(state, "a"), number(state, "b"))


class Isotonic:
    """The best curve that never falls, by pooling adjacent violators; between its points a straight line.

    Equal scores are one point. Outside of the scores that were seen the nearest one's value counts.
    """

    name: ClassVar[str] = "isotonic"
    labelled: ClassVar[bool] = True
    width: ClassVar[int | None] = 1

    def __init__(self, x: Sequence[float] = (0.0,), y: Sequence[float] = (0.0,)) -> None:
        self.x, self.y = list(x), list(y)

    def fit(self, rows: Sequence[Features], labels: Sequence[str]) -> None:
        """Learn the curve. Raises ValueError for labels of one kind."""
        x = np.array([row[0] for row in rows], dtype=np.float64)
        points, inverse = np.unique(x, return_inverse=True)
        sizes = np.bincount(inverse).astype(np.float64)
        means = np.bincount(inverse, weights=np.array(came_true(labels), dtype=np.float64)) / sizes
        blocks: list[tuple[float, float, int]] = []  # mean, weight, points
        for mean, weight in zip(means.tolist(), sizes.tolist(), strict=True):
            blocks.append((mean, weight, 1))
            while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
                (m2, w2, n2), (m1, w1, n1) = blocks.pop(), blocks.pop()
                blocks.append(((m1 * w1 + m2 * w2) / (w1 + w2), w1 + w2, n1 + n2))
        self.x = points.tolist()
        self.y = [mean for mean, _, count in blocks for _ in range(count)]

    def transform(self, row: Features) -> float:
        """The probability, between 0 and 1."""
        return float(np.interp(row[0], self.x, self.y))

    def state(self) -> State:
        """The points of the curve."""
        return {"x": self.x, "y": self.y}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Raises ValueError for points that are not a rising curve."""
        x, y = numbers(state, "x"), numbers(state, "y")
        if not x or len(x) != len(y) or x != sorted(set(x)) or y != sorted(y):
            raise ValueError("'x' and 'y' are not the points of a rising curve")
        return cls(x, y)


def _loss(z: np.ndarray[tuple[int], np.dtype[np.float64]], target: np.ndarray) -> float:
    """Cross entropy of 1 / (1 + exp(z)), without overflow."""
    return float(np.where(z >= 0, target * z, (target - 1) * z).sum() + np.log1p(np.exp(-np.abs(z))).sum())


def log_loss(probabilities: Sequence[float], labels: Sequence[str]) -> float:
    """Mean cross entropy, probabilities kept 1e-15 from 0 and 1. Raises ValueError as `came_true`."""
    p = np.clip(np.array(probabilities, dtype=np.float64), 1e-15, 1 - 1e-15)
    truth = np.array(came_true(labels))
    return float(-np.where(truth, np.log(p), np.log1p(-p)).mean())
