"""The scores of one scorer over the cases of one entry, as numpy columns."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FEW_CELLS = 64  # so many are counted faster by a matrix product than one by one
Codes = NDArray[np.int32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows in order of case id.

    `values` has one score a row. `expected` and `predicted` are indexes into `classes`, -1
    where the row has no class (an unusable output, a scorer that compares no classes).
    `missing` counts rows that should have a score and have none. `low` and `high` bound the
    scale, None where it is open.

    `extra` has what a metric reads beside them, shape (rows, width), None where it reads
    nothing more; `left_out` counts unusable outputs that have no place in such a number, and
    `reason` says why `extra` cannot be used. `clusters` numbers the groups of cases that are
    not independent, None where every case stands alone. `repeated` says that values are means
    over repeats of scores that were all 0 or 1.

    Where a case ran more than once, `turns` counts each case's scored repeats, and `agreed` says
    whether they got one score.
    """

    values: Floats
    expected: Codes
    predicted: Codes
    classes: tuple[str, ...]
    missing: int = 0
    low: float | None = 0.0
    high: float | None = 1.0
    extra: Floats | None = None
    left_out: int = 0
    reason: str = ""
    clusters: Codes | None = None
    repeated: bool = False
    turns: Codes | None = None
    agreed: Mask | None = None

    def __len__(self) -> int:
        return len(self.values)

    def numbers(self) -> Floats:
        """`extra`, for a metric that reads it. Raises ValueError where there is none."""
        if self.extra is None:
            raise ValueError("these columns carry nothing beside scores and classes")
        return self.extra

    def confusion(self) -> NDArray[np.int64]:
        """Counts of shape (K, K + 1): expected by predicted, the last column for no class at all."""
        return confusion_table(self.expected, self.predicted, len(self.classes))


def with_missing_at(columns: Columns, value: float) -> Columns:
    """The columns with a row of this value, and of no class, for each case that is missing."""
    count = columns.missing
    no_class = np.full(count, -1, dtype=np.int32)
    return replace(
        columns,
        values=np.concatenate([columns.values, np.full(count, value)]),
        expected=np.concatenate([columns.expected, no_class]),
        predicted=np.concatenate([columns.predicted, no_class]),
        missing=0,
        extra=None,
        turns=None,
        agreed=None,
    )


def confusion_table(expected: Codes, predicted: Codes, classes: int) -> NDArray[np.int64]:
    """Counts of shape (classes, classes + 1); rows whose expected class is -1 are left out."""
    known = expected >= 0
    column = np.where(predicted[known] >= 0, predicted[known], classes)
    flat = expected[known].astype(np.int64) * (classes + 1) + column
    return np.bincount(flat, minlength=classes * (classes + 1)).reshape(classes, classes + 1)


def cell_codes(columns: Columns) -> Codes:
    """The flat cell of each row in `confusion()`; negative where the row has no expected class."""
    classes = len(columns.classes)
    column = np.where(columns.predicted >= 0, columns.predicted, classes)
    return (columns.expected * (classes + 1) + column).astype(np.int32)


def weighted_tables(cells: Codes, weights: Floats, shape: tuple[int, ...]) -> Floats:
    """Tables of shape (..., *shape) from weights of shape (..., rows): how often each row counts."""
    size = int(np.prod(shape))
    flat = weights.reshape(-1, weights.shape[-1])
    if size <= FEW_CELLS:
        cell_of = np.eye(size)[cells]
        return np.asarray(flat @ cell_of, np.float64).reshape(*weights.shape[:-1], *shape)
    base = np.arange(len(flat))[:, None] * size
    codes = (base + cells[None, :]).ravel()
    tables = np.bincount(codes, weights=flat.ravel(), minlength=len(flat) * size)
    return tables.reshape(*weights.shape[:-1], *shape).astype(np.float64)
