"""One vector for each label."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

import numpy as np

from prompteval.core.transform import Features, State
from prompteval.transforms.numbers import numbers


class Prototypes:
    """The mean direction of each label's vectors; a vector has the label of the nearest by cosine.

    Of equally near ones the first by name.
    """

    name: ClassVar[str] = "prototypes"
    labelled: ClassVar[bool] = True
    width: ClassVar[int | None] = None

    def __init__(self, vectors: Mapping[str, Sequence[float]] | None = None) -> None:
        self.vectors = {label: list(vector) for label, vector in sorted((vectors or {}).items())}

    def fit(self, rows: Sequence[Features], labels: Sequence[str]) -> None:
        """Learn a vector a label. Raises ValueError for under two labels."""
        x = np.array(rows, dtype=np.float64)
        x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
        names = np.array(labels)
        if len(set(labels)) < 2:
            raise ValueError("all labels are the same, and nothing can be learned from them")
        self.vectors = {label: x[names == label].mean(axis=0).tolist() for label in sorted(set(labels))}

    def transform(self, row: Features) -> str:
        """The nearest label. Raises ValueError for a vector of another length."""
        found = []
        for label, vector in self.vectors.items():
            dot = sum(a * b for a, b in zip(row, vector, strict=True))
            found.append((-dot / max(float(np.linalg.norm(vector)), 1e-12), label))
        return min(found)[1]

    def state(self) -> State:
        """The vectors by label."""
        return {"vectors": self.vectors}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Raises ValueError for vectors of different lengths, or for none."""
        vectors = state.get("vectors")
        if not isinstance(vectors, Mapping) or not vectors:
            raise ValueError("'vectors' is not a mapping of labels to vectors")
        read = {str(label): numbers(vectors, label) for label in vectors}
        if len({len(vector) for vector in read.values()}) != 1:
            raise ValueError("'vectors' are of different lengths")
        return cls(read)
