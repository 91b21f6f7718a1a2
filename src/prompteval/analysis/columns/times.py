"""The times of the rows of one entry: a percentile reads every repeat of a case, not their mean."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from prompteval.analysis.columns.reported import MISSING, SKIPPED, USED, ReportedColumn, spent_state
from prompteval.core.stored import StoredRow, StoredScore


@dataclass(slots=True)
class TimesColumn(ReportedColumn):
    """As ReportedColumn, with a row of `data` for each repeat; `counts` says how many each case has."""

    counts: array[int] = field(default_factory=lambda: array("i"))

    def add(self, repeats: Sequence[tuple[StoredRow, StoredScore | None]]) -> None:
        """One case: its repeats. One that has a time counts; one that lacks it makes the case missing."""
        found = [spent_state(row, self.source.key) for row, _ in repeats]
        states = {state for state, _ in found}
        state = MISSING if MISSING in states else USED if USED in states else SKIPPED
        values = [value for _, known in found for value in known] if state == USED else []
        self.state.append(state)
        self.counts.append(len(values))
        self.data.extend(values)

    def select(
        self, mask: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64], int, int]:
        """(mask of the used cases, one row for each of their times, left out, missing)."""
        state, counts = self.states(), self._counts()
        within = np.ones(len(state), dtype=bool) if mask is None else mask
        used = (state == USED) & within
        data = np.frombuffer(self.data, dtype=np.float64) if self.data else np.zeros(0)
        return used, data[np.repeat(used, counts)][:, None], 0, int(((state == MISSING) & within).sum())

    def clusters(self, used: NDArray[np.bool_], own: NDArray[np.int32] | None) -> NDArray[np.int32] | None:
        """The cluster of each time: that of its case, and the case itself where any has several."""
        counts = self._counts()[used]
        if own is None and (counts == 1).all():
            return None
        codes = np.arange(len(counts), dtype=np.int32) if own is None else own
        return np.repeat(codes, counts).astype(np.int32)

    def _counts(self) -> NDArray[np.int32]:
        return np.frombuffer(self.counts, dtype=np.int32) if self.counts else np.zeros(0, np.int32)
