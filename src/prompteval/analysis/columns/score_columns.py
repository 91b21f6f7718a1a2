"""What is kept of each case of one entry: its score, its tags, its cluster, as light arrays."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from prompteval.analysis.columns.reported import MISSING, SKIPPED, USED
from prompteval.core.stored import StoredScore
from prompteval.metrics.columns import Columns
from prompteval.plan.repeats import agreed_labels, disagree


@dataclass(slots=True)
class TagColumn:
    """A tag's value for each case, as codes into `values`; -1 where the case lacks it."""

    codes: array[int] = field(default_factory=lambda: array("i"))
    values: dict[str, int] = field(default_factory=dict)

    def add(self, value: str | None) -> None:
        self.codes.append(-1 if value is None else self.values.setdefault(value, len(self.values)))

    def masks(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """(value, mask over cases), by value."""
        codes = np.frombuffer(self.codes, dtype=np.int32) if self.codes else np.zeros(0, np.int32)
        for value in sorted(self.values):
            yield value, codes == self.values[value]


@dataclass(slots=True)
class ScoreColumn:
    """One scorer's values for each case; NaN marks a case without a score, inside this class only.

    `turns` counts each case's scored repeats, `flaky` marks those that differ, as far as the last case
    that has several. `failed` is 1 where no repeat could be scored, and 2 where another could.
    `passes` holds 1 and 0 where scores pass and fail, and the value where a scorer only measures.
    """

    values: array[float] = field(default_factory=lambda: array("d"))
    expected: array[int] = field(default_factory=lambda: array("i"))
    predicted: array[int] = field(default_factory=lambda: array("i"))
    classes: dict[str, int] = field(default_factory=dict)
    failed: array[int] = field(default_factory=lambda: array("b"))
    passes: array[float] = field(default_factory=lambda: array("d"))
    low: float | None = 0.0
    high: float | None = 1.0
    binary: bool = True
    repeated: bool = False
    turns: array[int] = field(default_factory=lambda: array("i"))
    flaky: array[int] = field(default_factory=lambda: array("b"))

    def add(self, scores: Sequence[StoredScore]) -> None:
        """The scores of one case's repeats: their mean, the class that most of them gave."""
        if len(scores) == 1 and (value := scores[0].value) is not None:
            self._add_one(scores[0], value)
            return
        values = [score.value for score in scores if score.value is not None]
        found = [score.labels for score in scores if score.labels]
        labels = None if not found else found[0] if len(found) == 1 else agreed_labels(found)
        passed = [_passed(score) for score in scores if score.value is not None]
        self.values.append(sum(values) / len(values) if values else float("nan"))
        self.passes.append(sum(passed) / len(passed) if passed else float("nan"))
        self.binary = self.binary and all(value in (0.0, 1.0) for value in passed)
        self.turns.append(len(values))
        if len(values) > 1:
            self.repeated = True
            self.flaky.extend([0] * (len(self.turns) - 1 - len(self.flaky)))
            self.flaky.append(int(disagree(values)))
        for score in scores:
            if score.low != self.low or score.high != self.high:
                self._widen(score.low, score.high)
        failed = any(score.status == "failed" for score in scores)
        self.failed.append(0 if not failed else 2 if values else 1)
        self.expected.append(self._code(labels[0]) if labels else -1)
        self.predicted.append(self._code(labels[1]) if labels and labels[1] is not None else -1)

    def _add_one(self, score: StoredScore, value: float) -> None:
        """The score of a case that has run once: the same, in a third of the time."""
        passed, labels = _passed(score), score.labels
        self.values.append(value)
        self.passes.append(passed)
        self.binary = self.binary and passed in (0.0, 1.0)
        self.turns.append(1)
        if score.low != self.low or score.high != self.high:
            self._widen(score.low, score.high)
        self.failed.append(2 if score.status == "failed" else 0)
        self.expected.append(self._code(labels[0]) if labels else -1)
        self.predicted.append(self._code(labels[1]) if labels and labels[1] is not None else -1)

    def _code(self, label: str) -> int:
        return self.classes.setdefault(label, len(self.classes))

    def _widen(self, low: float | None, high: float | None) -> None:
        """The scale holds every score's own; open where one is."""
        self.low = None if low is None or self.low is None else min(low, self.low)
        self.high = None if high is None or self.high is None else max(high, self.high)

    def scored(self, least_turns: int = 0) -> NDArray[np.bool_]:
        """Mask of the cases with a score, of enough repeats where a metric needs them all."""
        values = np.frombuffer(self.values, dtype=np.float64) if self.values else np.zeros(0)
        found: NDArray[np.bool_] = ~np.isnan(values)
        return found & self._whole(least_turns) if least_turns else found

    def lacking(self, least_turns: int = 0) -> NDArray[np.bool_]:
        """Mask of the cases that should have a score and have none, or one of too few repeats."""
        failed = np.frombuffer(self.failed, dtype=np.int8) if self.failed else np.zeros(0, np.int8)
        found: NDArray[np.bool_] = failed == 1
        if least_turns:
            found = found | (self.scored() & ~self._whole(least_turns))
        return found

    def _whole(self, least_turns: int) -> NDArray[np.bool_]:
        turns = np.frombuffer(self.turns, dtype=np.int32) if self.turns else np.zeros(0, np.int32)
        failed = np.frombuffer(self.failed, dtype=np.int8) if self.failed else np.zeros(0, np.int8)
        whole: NDArray[np.bool_] = (turns >= least_turns) & (failed == 0)
        return whole

    def states(self, least_turns: int = 0) -> NDArray[np.int8]:
        """How each case entered: USED, SKIPPED, or MISSING where it lacks a score it should have."""
        lacking = np.where(self.lacking(least_turns), MISSING, SKIPPED)
        return np.where(self.scored(least_turns), USED, lacking).astype(np.int8)

    def columns(
        self,
        kept: NDArray[np.bool_],
        mask: NDArray[np.bool_] | None = None,
        least_turns: int = 0,
        *,
        passes: bool = False,
    ) -> Columns:
        """Columns of the kept cases; those under the mask that lack a score count as missing.

        `passes` asks for whether scores pass in the place of their values.
        """
        names = sorted(self.classes)
        order = np.full(len(names) + 1, -1, dtype=np.int32)
        for index, name in enumerate(names):
            order[self.classes[name]] = index
        column = self.passes if passes else self.values
        values = np.frombuffer(column, dtype=np.float64) if column else np.zeros(0)
        expected = np.frombuffer(self.expected, dtype=np.int32) if self.expected else np.zeros(0, np.int32)
        predicted = np.frombuffer(self.predicted, dtype=np.int32) if self.predicted else np.zeros(0, np.int32)
        lacking = self.lacking(least_turns)
        missing = int(lacking.sum() if mask is None else lacking[mask].sum())
        codes = order[expected[kept]], order[predicted[kept]]
        low, high = (0.0, 1.0) if passes and self.binary else (self.low, self.high)
        found = Columns(values[kept], *codes, tuple(names), missing, low, high)
        if not self.repeated:
            return found
        turns, flaky = np.frombuffer(self.turns, dtype=np.int32), np.zeros(len(kept), np.int8)
        flaky[: len(self.flaky)] = np.frombuffer(self.flaky, dtype=np.int8)
        return replace(found, repeated=self.binary, turns=turns[kept], agreed=flaky[kept] == 0)


def _passed(score: StoredScore) -> float:
    return float(score.value or 0.0) if score.passed is None else float(score.passed)


@dataclass(slots=True)
class ClusterColumn:
    """Which cases belong together; nothing is kept until a case names its cluster."""

    cases: int = 0
    found: TagColumn = field(default_factory=TagColumn)

    def add(self, cluster: str | None) -> None:
        """The next case, in its cluster or alone."""
        self.cases += 1
        if cluster is None and not self.found.codes:
            return
        if not self.found.codes:
            self.found.codes.extend([-1] * (self.cases - 1))
        self.found.add(cluster)

    def codes(self, kept: NDArray[np.bool_]) -> NDArray[np.int32] | None:
        """A number from 0 for each kept case's cluster, a case alone its own; None without clusters."""
        if not self.found.codes:
            return None
        named = np.frombuffer(self.found.codes, dtype=np.int32)
        alone = len(self.found.values) + np.arange(len(named), dtype=np.int32)
        codes = np.where(named < 0, alone, named)[kept]
        return np.unique(codes, return_inverse=True)[1].astype(np.int32)
