"""Distinct numbers with their counts, kept exact while they are few and on a fine grid beyond."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from prompteval.stats.drift.numbers import Weighted

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
# Distinct values that are kept as they are; beyond, each is rounded to a part in 2,048 of itself.
MOST_EXACT: Final = 50_000
_MANTISSA: Final = 1_024
# A number beyond it is refused where it is read; so the grid has a bound too.
_LEAST, _GREATEST = 1e-9, 1e15


class NumberSketch:
    """Numbers as they come; memory stays within MOST_EXACT values, or the points of the grid."""

    def __init__(self) -> None:
        self._values: Floats = np.zeros(0)
        self._counts: Counts = np.zeros(0, np.int64)
        self.rounded = False

    def add(self, values: Sequence[float]) -> None:
        """Count further numbers, all finite."""
        if values:
            self._merge(np.asarray(values, np.float64), np.ones(len(values), np.int64))

    def merge(self, other: "NumberSketch") -> None:
        """Count what another sketch has counted."""
        if other.rounded:
            self._round()
        self._merge(other._values, other._counts)

    def weighted(self) -> Weighted:
        """The values in ascending order with their counts."""
        return Weighted(self._values, self._counts)

    @property
    def n(self) -> int:
        return int(self._counts.sum())

    def as_json(self) -> list[object]:
        """What `from_json` reads."""
        return [self.rounded, self._values.tolist(), self._counts.tolist()]

    @classmethod
    def from_json(cls, raw: Iterable[object]) -> "NumberSketch":
        """The sketch behind `as_json`."""
        found = cls()
        rounded, values, counts = raw
        found.rounded = bool(rounded)
        found._values = np.asarray(values, np.float64)
        found._counts = np.asarray(counts, np.int64)
        return found

    def _merge(self, values: Floats, counts: Counts) -> None:
        if self.rounded:
            values = _on_grid(values)
        joined, place = np.unique(np.concatenate([self._values, values]), return_inverse=True)
        weights = np.concatenate([self._counts, counts]).astype(np.float64)
        self._values = joined
        self._counts = np.bincount(place, weights=weights, minlength=len(joined)).astype(np.int64)
        if not self.rounded and len(joined) > MOST_EXACT:
            self._round()

    def _round(self) -> None:
        if not self.rounded:
            self.rounded = True
            self._merge(np.zeros(0), np.zeros(0, np.int64))
            values, counts, self._values, self._counts = (
                self._values,
                self._counts,
                np.zeros(0),
                self._counts[:0],
            )
            self._merge(values, counts)


def _on_grid(values: Floats) -> Floats:
    mantissa, exponent = np.frexp(np.clip(values, -_GREATEST, _GREATEST))
    rounded = np.ldexp(np.round(mantissa * 2 * _MANTISSA) / (2 * _MANTISSA), exponent)
    return np.where(np.abs(values) < _LEAST, 0.0, rounded)
