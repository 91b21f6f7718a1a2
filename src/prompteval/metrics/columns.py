"""The scores of one scorer over the cases of one entry, as numpy columns."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows in order of case id.

    `values` has one score a row. `expected` and `predicted` are indexes into `classes`, -1
    where the row has no class (an unusable output, a scorer that compares no classes).
    `missing` counts rows that should have a score and have none. `low` and `high` bound the
    scale, None where it is open.
    """

    values: Floats
    expected: Codes
    predicted: Codes
    classes: tuple[str, ...]
    missing: int = 0
    low: float | None = 0.0
    high: float | None = 1.0

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: Any) -> "Columns":
        """The rows an index or mask selects; `missing` is not carried over."""
        return Columns(
            self.values[rows], self.expected[rows], self.predicted[rows], self.classes, 0, self.low, self.high
        )

    def confusion(self) -> NDArray[np.int64]:
        """Counts of shape (K, K + 1): expected by predicted, the last column for no class at all."""
        return confusion_table(self.expected, self.predicted, len(self.classes))


def confusion_table(expected: Codes, predicted: Codes, classes: int) -> NDArray[np.int64]:
    """Counts of shape (classes, classes + 1); rows whose expected class is -1 are left out."""
    known = expected >= 0
    column = np.where(predicted[known] >= 0, predicted[known], classes)
    flat = expected[known].astype(np.int64) * (classes + 1) + column
    return np.bincount(flat, minlength=classes * (classes + 1)).reshape(classes, classes + 1)


def from_rows(
    rows: Iterable[tuple[float, tuple[str, str | None] | None]],
    *,
    missing: int = 0,
    low: float | None = 0.0,
    high: float | None = 1.0,
) -> Columns:
    """Columns from (value, labels) pairs, already in order of case id."""
    values: list[float] = []
    pairs: list[tuple[str, str | None] | None] = []
    for value, labels in rows:
        values.append(value)
        pairs.append(labels)
    names = sorted({name for pair in pairs if pair is not None for name in pair if name is not None})
    code = {name: index for index, name in enumerate(names)}
    expected = np.fromiter((code[p[0]] if p else -1 for p in pairs), dtype=np.int32, count=len(pairs))
    predicted = np.fromiter(
        (code[p[1]] if p and p[1] is not None else -1 for p in pairs), dtype=np.int32, count=len(pairs)
    )
    return Columns(
        np.asarray(values, dtype=np.float64), expected, predicted, tuple(names), missing, low, high
    )
