"""What a rule that compares with the baseline asks under way: the differences of a prefix, case by case."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from prompteval.analysis.columns.reported import USED
from prompteval.analysis.comparison.gate_rules import GatedEntry, other_side, rule_of
from prompteval.analysis.comparison.paired import align, mean_sides
from prompteval.analysis.comparison.pairing import pair_cases
from prompteval.analysis.entries import case_marks, common_units, entry_columns, entry_measures
from prompteval.core.stored import StoredRow
from prompteval.metrics.defined import gate_note, undefined_reason
from prompteval.plan.gates import BASELINE, Beats, NoRegression, PlannedRule
from prompteval.stats.sequential.drop import Limits

Floats = NDArray[np.float64]
Rows = Iterator[StoredRow]


@dataclass(frozen=True, slots=True)
class Differences:
    """B - A of a prefix, in seeded order and turned so that more is better; the greatest possible one."""

    values: Floats
    scale: float


@dataclass(frozen=True, slots=True)
class BaselinePair:
    """One job's entry and its baseline, by the words of its suite."""

    gated: GatedEntry

    def obstacle(self, gate: PlannedRule, planned: Callable[[], set[str]]) -> str:
        """Why a rule must wait for the last case; `planned` gives the ids of all cases."""
        measure = gate.metric
        if isinstance(gate.rule, Beats) and gate.rule.reference != BASELINE:
            return f"{gate.rule} compares with what runs beside it"
        other = other_side(gate, self.gated)
        if isinstance(other, str):
            return other
        if isinstance(gate.rule, NoRegression) and gate.rule.alpha is not None:
            return f"{gate.rule} has an alpha of its own"
        if measure.spec.reduce is not None:
            return f"{gate.rule} reads repeats together"
        theirs = entry_measures(other).get(measure.text)
        if theirs is None or theirs.scorer != measure.scorer:
            return f"the baseline has no {measure.text}"
        if case_marks(other).keys() != planned():
            return "the baseline has other cases"
        return ""

    def limits(self, gate: PlannedRule) -> Limits:
        """What drop matters to a rule."""
        rule = rule_of(gate, gate.metric)
        return Limits(rule.min_effect, rule.worse_by)

    def differences(
        self, gate: PlannedRule, within: Callable[[Rows], Rows], rank: Callable[[str], int]
    ) -> Differences | None:
        """Those of the cases that `within` leaves.

        None where one is not the same, not scored, in doubt or off its scale.
        """
        measure = gate.metric
        other = other_side(gate, self.gated)
        if isinstance(other, str):
            return None
        rows = self.gated.entry.rows
        ours = replace(self.gated.entry, rows=lambda fields: within(rows(fields)))
        cases = pair_cases(other, ours)
        if cases.only_b or cases.changed or cases.errors:
            return None
        ids = frozenset(cases.paired)
        if common_units(other, ours, ids):  # turns of a conversation are not independent of each other
            return None
        a, b = entry_columns(other, [measure], ids, ()), entry_columns(ours, [measure], ids, ())
        both = align(measure, a, b)
        if both.missing or both.left_out or both.clusters is not None or not len(both.a):
            return None
        if any(undefined_reason(measure.name, side) for side in (both.a, both.b)):
            return None
        if gate_note(measure.name, both.b):
            return None
        before, after, low, high = mean_sides(measure.spec, both)
        if low is None or high is None:
            return None
        used = (a.states(measure) == USED) & (b.states(measure) == USED)
        names = (name for name, kept in zip(b.case_ids or (), used, strict=True) if kept)
        order = np.argsort(np.fromiter(map(rank, names), np.uint64), kind="stable")
        sign = 1.0 if measure.spec.higher_is_better else -1.0
        moved = sign * (after - before)[order]
        return Differences(moved, high - low) if (np.abs(moved) <= high - low).all() else None
