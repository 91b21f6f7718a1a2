"""Rows that are not independent: clusters in a fixed number of groups, and the variance between these.

Whole clusters are put into a group by hash, so that groups are independent and memory is bounded; the
variance between groups is that of the random-group method (Wolter 2007, chapter 2).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from prompteval.monitor.sample import place_of

GROUPS: Final = 512
Floats = NDArray[np.float64]


class ClusterGroups:
    """How many rows of each kind, a class for one, are in each group."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[int, str]] = Counter()
        self._rows: Counter[int] = Counter()

    def add(self, clusters: Sequence[str], kinds: Mapping[str, Sequence[str]]) -> None:
        """Count rows; `kinds` has the kind of every row by measure, such as its class."""
        groups = [place_of(cluster, 0) % GROUPS for cluster in clusters]
        self._rows.update(groups)
        for measure, values in kinds.items():
            named = [f"{measure}\x00{value}" for value in values]
            self._counts.update(zip(groups, named, strict=True))

    def merge(self, other: "ClusterGroups") -> None:
        self._counts.update(other._counts)
        self._rows.update(other._rows)

    def design_effect(self, measure: str, value: str) -> float:
        """How many times the variance of a kind's share is that of independent rows; at least 1."""
        name = f"{measure}\x00{value}"
        numbers = sorted(self._rows)
        rows = np.asarray([self._rows[number] for number in numbers], np.float64)
        hits = np.asarray([self._counts[number, name] for number in numbers], np.float64)
        total = rows.sum()
        if len(numbers) < 2 or not 0 < hits.sum() < total:
            return 1.0
        share = hits.sum() / total
        between = float(((hits - share * rows) ** 2).sum()) * len(numbers) / (len(numbers) - 1)
        return max(between / float(total * share * (1.0 - share)), 1.0)

    def as_json(self) -> list[object]:
        return [
            [[group, name, count] for (group, name), count in self._counts.items()],
            list(self._rows.items()),
        ]

    @classmethod
    def from_json(cls, raw: Iterable[Iterable[Sequence[object]]]) -> "ClusterGroups":
        found = cls()
        counts, rows = raw
        for group, name, count in counts:
            found._counts[int(str(group)), str(name)] = int(str(count))
        for group, count in rows:
            found._rows[int(str(group))] = int(str(count))
        return found
