"""What metrics read beside scores and classes, one small row of numbers a case."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from prompteval.core.observation import CaseVerdict, case_verdict
from prompteval.core.stored import StoredRow, StoredScore
from prompteval.metrics.columns import Columns
from prompteval.metrics.spent import TIMES, WITHOUT
from prompteval.metrics.table import Source

# (scorer, what its metric reads); the scorer is empty where the metric reads the target alone.
Need = tuple[str, Source]
# Scores below and above every probability: what an unusable output gets.
_BELOW, _ABOVE = -1.0, 2.0
# A case's state is the greatest of its repeats'.
USED, SKIPPED, LEFT_OUT, MISSING = range(4)


@dataclass(slots=True)
class ReportedColumn:
    """The rows of one source. A case's repeats are averaged, so sums over cases stay sums over repeats."""

    source: Source
    output_field: str = ""
    data: array[float] = field(default_factory=lambda: array("d"))
    state: array[int] = field(default_factory=lambda: array("b"))
    guessed: int = 0

    def add(self, repeats: Sequence[tuple[StoredRow, StoredScore | None]]) -> None:
        """One case: its repeats, each with its score (None where a source needs none)."""
        if self.source.kind == "verdict":
            self._add_verdict([row for row, _ in repeats])
            return
        found = [self._row(row, score) for row, score in repeats]
        state = max((state for state, _ in found), default=SKIPPED)
        self.state.append(state)
        width = self.source.width
        if state == USED:
            self.data.extend(sum(row[i] for _, row in found) / len(found) for i in range(width))
        else:
            self.data.extend([0.0] * width)

    def _add_verdict(self, rows: Sequence[StoredRow]) -> None:
        """A case passes where every repeat of it does; one that could not be scored is missing."""
        if not rows:  # a turn of a conversation, whose verdict counts once
            self.state.append(SKIPPED)
            self.data.append(0.0)
            return
        verdict = CaseVerdict.of_repeats(case_verdict(row.outcome, row.scores) for row in rows)
        self.state.append(MISSING if verdict is CaseVerdict.UNSCORED else USED)
        self.data.append(float(verdict is CaseVerdict.PASS))

    def _row(self, row: StoredRow, score: StoredScore | None) -> tuple[int, Sequence[float]]:
        if self.source.kind == "logprobs":
            return _logprobs(row)
        if self.source.kind == "spent":
            return spent_state(row, self.source.key)
        if score is None:
            return SKIPPED, ()
        if score.status != "scored":
            return (MISSING if score.status == "failed" else SKIPPED), ()
        if self.source.kind == "confidence":
            return self._confidence(row, score)
        return _numbers(score.evidence) if self.source.kind == "numbers" else self._reported(score.evidence)

    def _reported(self, evidence: Mapping[str, object]) -> tuple[int, Sequence[float]]:
        found = evidence.get(self.source.key)
        row = [finite(value) for value in (found if isinstance(found, list) else [found])]
        known = [value for value in row if value is not None]
        return (USED, known) if len(known) == len(row) == self.source.width else (MISSING, ())

    def _confidence(self, row: StoredRow, score: StoredScore) -> tuple[int, Sequence[float]]:
        labels = score.labels
        label = self.source.key
        if label and not labels:
            return MISSING, ()
        expected, predicted = labels if labels else (None, None)
        if row.outcome != "ok" or (labels and predicted is None):
            if label:
                return USED, (_BELOW if expected == label else _ABOVE, 1.0)
            return USED, (1.0, 1.0, _BELOW)
        shares = self._shares(row.reported.details)
        stated = self._stated(row, shares, predicted)
        if label:
            share = self._share(shares, stated, label, predicted)
            if share is None:
                return MISSING, ()
            return USED, (share, (share - float(expected == label)) ** 2)
        if stated is None:
            return MISSING, ()
        value = float(score.value or 0.0)
        right = self._share(shares, stated, expected, predicted) if labels else stated
        return USED, (stated, (stated - value) ** 2, stated if right is None else right)

    def _shares(self, details: Mapping[str, object]) -> Mapping[str, object]:
        """Confidence by label, where the target reports it: for the scorer's field, or for the whole."""
        found = details.get("probabilities")
        if isinstance(found, Mapping) and self.output_field:
            found = found.get(self.output_field.split(".")[0])
        return found if isinstance(found, Mapping) else {}

    def _stated(self, row: StoredRow, shares: Mapping[str, object], predicted: str | None) -> float | None:
        by_field = row.reported.details.get("confidence")
        if isinstance(by_field, Mapping) and self.output_field:
            return _probability(by_field.get(self.output_field.split(".")[0]))
        if predicted is not None and predicted in shares:
            return _probability(shares[predicted])
        return _probability(row.confidence)

    def _share(
        self, shares: Mapping[str, object], stated: float | None, label: str | None, predicted: str | None
    ) -> float | None:
        """The confidence in one label; with two classes, what is left by the other."""
        if shares:
            return _probability(shares.get(label or "", 0.0))
        if stated is None or label == predicted:
            return stated
        self.guessed += 1
        return 1.0 - stated

    def states(self) -> NDArray[np.int8]:
        """The state of each case, over its repeats."""
        return np.frombuffer(self.state, dtype=np.int8) if self.state else np.zeros(0, np.int8)

    def select(
        self, mask: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64], int, int]:
        """(mask of the used cases, their rows, left out, missing) under a mask of the cases."""
        state = self.states()
        data = np.frombuffer(self.data, dtype=np.float64) if self.data else np.zeros(0)
        within = np.ones(len(state), dtype=bool) if mask is None else mask
        used = (state == USED) & within
        rows = data.reshape(len(state), self.source.width)[used]
        left_out = int(((state == LEFT_OUT) & within).sum())
        return used, rows, left_out, int(((state == MISSING) & within).sum())

    def reason(self, found: Columns, left_out: int, missing: int) -> str:
        """Why the rows cannot be used; empty when they can."""
        kind, key = self.source.kind, self.source.key
        if kind == "confidence" and key:
            if missing and not len(found) and not found.classes:
                return "the scorer compares no classes"
            if self.guessed and len(found.classes) > 2:
                return (
                    f"the model reports no confidence in {key!r} itself, and there are more than two classes"
                )
        if not len(found) and kind == "spent":
            return WITHOUT[key]
        if len(found) or not (left_out or missing):
            return ""
        if left_out and not missing:
            return "no output is a number" if kind == "numbers" else "no output is usable"
        reasons = {
            "confidence": "the model reports no confidence",
            "logprobs": "the model reports no logprobs",
            "verdict": "a scorer failed on every case",
        }
        return reasons.get(kind, f"the scorer reports no {key or 'numbers'}")


def _numbers(evidence: Mapping[str, object]) -> tuple[int, Sequence[float]]:
    """Expected and given number; a scored answer without one has no place in an error."""
    expected, given = finite(evidence.get("expected")), finite(evidence.get("given"))
    if expected is None or given is None:
        return LEFT_OUT, ()
    error = abs(given - expected)
    return USED, (expected, given, error, error * error)


def _logprobs(row: StoredRow) -> tuple[int, Sequence[float]]:
    if row.outcome != "ok":
        return LEFT_OUT, ()
    values = [finite(value) for value in row.reported.logprobs or ()]
    total = None if None in values else finite(sum(value for value in values if value is not None))
    if not values or total is None:
        return MISSING, ()
    # One number for several tokens is the log probability of the whole output.
    tokens = max(row.reported.tokens or 1, 1) if len(values) == 1 else len(values)
    return USED, (total, float(tokens))


def spent_state(row: StoredRow, key: str) -> tuple[int, Sequence[float]]:
    """What a row took. A reply that was not streamed, or has no text, has no time to its first one.

    A case that ended in an error has its whole time alone, and any other number is missing.
    """
    found = finite(row.reported.spent.get(key))
    if found is not None:
        return USED, (found,)
    return (SKIPPED if key in TIMES and row.outcome != "error" else MISSING), ()


def _probability(value: object) -> float | None:
    number = finite(value)
    return number if number is not None and 0.0 <= number <= 1.0 else None


def finite(value: object) -> float | None:
    """A JSON number as a float; None for anything else, and for what no float can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
