"""What the terms of a query add up to, and the best of it: exact, with as few numbers looked at as may be."""

import numpy as np
from numpy.typing import NDArray

from prompteval.rag.index.bm25_postings import Ints, Singles

# With one text in so many listed, sums of all texts are made; with fewer, of those that are listed.
DENSE_SHARE = 30
VALUES_A_GROUP = 64
# Sums of 32-bit floats are compared with a bound that was added up in another order.
SLACK = 1e-5


class Sums:
    """Impacts, each above 0, added up by place, list after list, in 32-bit floats.

    A sum of 0 is a text no list has.
    """

    def __init__(self, texts: int) -> None:
        self._texts = texts
        self._lists: list[tuple[Ints, Singles]] = []
        self._listed = 0
        self._dense: Singles | None = None

    def add(self, places: Ints, impacts: Singles) -> None:
        """One more list; its places are ascending and each stands once."""
        self._lists.append((places, impacts))
        self._listed += len(places)
        if self._dense is None:
            if len(self._lists) == 1 or self._listed * DENSE_SHARE < self._texts:
                return
            self._dense = np.zeros(self._texts, dtype=np.float32)
            for some, values in self._lists[:-1]:
                np.add.at(self._dense, some, values)
        np.add.at(self._dense, places, impacts)

    def kth_greatest(self, k: int) -> float:
        """A number that at least k sums reach; -inf where there are under k of them."""
        found = kth_greatest(self._values()[1], k)
        return found if self._dense is None or found > 0 else -np.inf

    def reaching(self, least: float) -> tuple[Ints, Singles]:
        """(places, ascending, and their sums) of at least so much, but for rounding."""
        if self._dense is None:
            return reaching(*self._values(), least)
        places = at_least(self._dense, with_slack(least)) if least > 0 else np.flatnonzero(self._dense)
        return places.astype(np.int32), self._dense[places]

    def _values(self) -> tuple[Ints, Singles]:
        if self._dense is not None:
            return np.zeros(0, dtype=np.int32), self._dense
        if len(self._lists) > 1:
            places = np.concatenate([places for places, _ in self._lists])
            impacts = np.concatenate([impacts for _, impacts in self._lists])
            found, inverse = np.unique(places, return_inverse=True)
            sums = np.zeros(len(found), dtype=np.float32)
            np.add.at(sums, inverse, impacts)
            self._lists = [(found, sums)]
        return self._lists[0]


def with_slack(least: float) -> np.float32:
    """A little less than that."""
    return np.float32(least - abs(least) * SLACK if np.isfinite(least) else least)


def reaching(places: Ints, sums: Singles, least: float) -> tuple[Ints, Singles]:
    """The places whose sum is at least so much, or less by no more than rounding."""
    kept = np.flatnonzero(sums >= with_slack(least))
    return places[kept], sums[kept]


def kth_greatest(values: Singles, k: int) -> float:
    """A number that at least k of the values reach, near the k-th greatest; -inf for under k values.

    Of many values it is the k-th greatest among the maxima of small groups, which is found much
    faster and never above the k-th greatest.
    """
    if len(values) < k:
        return -np.inf
    groups = len(values) // VALUES_A_GROUP
    if groups > 2 * k:
        values = _grouped(values).max(axis=0)
    return float(np.partition(values, len(values) - k)[len(values) - k])


def at_least(values: Singles, least: np.float32) -> NDArray[np.int64]:
    """Where the values are at least so much, ascending; the groups that have none are skipped."""
    table = _grouped(values)
    columns = np.flatnonzero(table.max(axis=0, initial=-np.inf) >= least)
    if len(columns) * 4 > table.shape[1]:
        return np.flatnonzero(values >= least)
    row, column = np.nonzero(table[:, columns] >= least)
    rest = np.flatnonzero(values[table.size :] >= least) + table.size
    return np.concatenate((row * table.shape[1] + columns[column], rest))


def _grouped(values: Singles) -> Singles:
    """All but the last few values, a group each column."""
    groups = len(values) // VALUES_A_GROUP
    return values[: groups * VALUES_A_GROUP].reshape(VALUES_A_GROUP, groups)
