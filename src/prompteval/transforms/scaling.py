"""Numbers on one scale."""

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np

from prompteval.core.transform import Features, State
from prompteval.transforms.numbers import numbers


class Scaling:
    """Each number minus its mean, divided by its standard deviation; one that never varies becomes 0."""

    name: ClassVar[str] = "scaling"
    labelled: ClassVar[bool] = False
    width: ClassVar[int | None] = None

    def __init__(self, mean: Sequence[float] = (), deviation: Sequence[float] = ()) -> None:
        self.mean, self.deviation = list(mean), list(deviation)

    def fit(self, rows: Sequence[Features], labels: Sequence[str]) -> None:
        """Learn means and deviations; labels are not read."""
        x = np.array(rows, dtype=np.float64)
        self.mean, self.deviation = x.mean(axis=0).tolist(), x.std(axis=0).tolist()

    def transform(self, row: Features) -> list[float]:
        """The scaled numbers. Raises ValueError for another count of them."""
        scaled = zip(row, self.mean, self.deviation, strict=True)
        return [(value - mean) / deviation if deviation else 0.0 for value, mean, deviation in scaled]

    def state(self) -> State:
        """Means and deviations."""
        return {"mean": self.mean, "deviation": self.deviation}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Raises ValueError for lists of different lengths or a negative deviation."""
        mean, deviation = numbers(state, "mean"), numbers(state, "deviation")
        if len(mean) != len(deviation) or min(deviation, default=0.0) < 0:
            raise ValueError("'mean' and 'deviation' do not go together")
        return cls(mean, deviation)
