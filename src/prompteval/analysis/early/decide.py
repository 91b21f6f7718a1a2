"""Gates decided under way: what is decided at which look, and when to stop."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from prompteval.analysis.columns.entry_columns import EntryColumns
from prompteval.analysis.early.baseline_differences import BaselinePair
from prompteval.analysis.early.case_order import CaseOrder
from prompteval.analysis.early.gate_quantities import GateQuantity, scores
from prompteval.analysis.summary import reference_columns
from prompteval.core.case import Case
from prompteval.core.stored import StoredRow
from prompteval.core.verdict import GateResult, Verdict
from prompteval.metrics.columns import Columns
from prompteval.metrics.defined import gate_note, undefined_reason
from prompteval.plan.gates import Beats, NoRegression, PlannedRule
from prompteval.plan.jobs import Job
from prompteval.plan.measures import Measure
from prompteval.stats.gate import ThresholdRule
from prompteval.stats.sequential.decide import (
    SequentialDecision,
    SequentialDesign,
    Threshold,
    decide_difference,
    decide_interval_end,
    decide_value,
)
from prompteval.stats.sequential.drop import decide_drop
from prompteval.stats.sequential.looks import BIASED, Look


@dataclass(frozen=True, slots=True)
class DecidedQuantity:
    """a quantity decided, after so many cases of the job."""

    found: SequentialDecision
    n: int
    after: int


@dataclass(slots=True)
class EarlyStopping:
    """One job under `--stop-early`. `obstacle` says why all its cases run after all."""

    job: Job
    order: CaseOrder
    design: SequentialDesign
    baseline: BaselinePair
    quantities: tuple[GateQuantity, ...] = ()
    obstacle: str = ""
    decided: dict[GateQuantity, DecidedQuantity] = field(default_factory=dict)
    looked: int = 0

    def portions(self) -> Iterator[Iterator[tuple[Case, int]]]:
        """What runs before each look; everything at once where no look can help."""
        return iter([self.job.work()]) if self.obstacle else self.order.portions(self.job)

    def within(self, rows: Iterator[StoredRow], portions: int) -> Iterator[StoredRow]:
        """The stored rows, by case id, of so many portions: a prefix of the order, even if more is there."""
        if portions >= len(self.order.ends):
            return rows
        end = self.order.ends[portions - 1]
        return (row for row in rows if self.order.rank(row.case_id) <= end)

    def look(self, columns: EntryColumns) -> bool:
        """Look at the next portion's end, where `columns` hold all up to there; True when all is decided.

        A prefix with a missing case, or one that ended in an error and counts, decides nothing.
        """
        place, self.looked = self.looked, self.looked + 1
        counted = sum(columns.outcomes.values())
        if self.job.plan.suite.on_error != "exclude":
            counted -= columns.outcomes["error"]
        if counted == self.order.cases[place]:
            look = self.order.looks(self.design)[place]
            for quantity in self.quantities:
                if not self._decided(quantity.gate) and quantity not in self.decided:
                    self._try_to_decide(quantity, columns, look)
        return self._all_decided()

    def gates(self, plain: Sequence[GateResult]) -> tuple[GateResult, ...]:
        """The gates' results; one that the looks left open keeps its `plain` one."""
        return tuple(
            self._result(number) if self._decided(number) else found for number, found in enumerate(plain)
        )

    def note(self) -> str:
        """One sentence on what was saved, or why nothing was."""
        if self.obstacle:
            return f"--stop-early: every case was run, since {self.obstacle}"
        cases, of, saved = self._counts()
        if cases == of:
            return f"--stop-early ({self.design.method}): not every gate was decided before the last case"
        return f"{BIASED}; decided after {cases} of {of} cases ({self.design.method}), {saved} calls saved"

    def as_json(self) -> dict[str, object]:
        """The `stop_early` of a result."""
        cases, of, saved = self._counts()
        body = {"method": self.design.method, "stopped": cases < of, "cases": cases, "of": of}
        return {**body, "calls_saved": saved, "note": self.note()}

    @property
    def portions_kept(self) -> int:
        """How many portions the numbers rest on; more may be stored where a run was resumed."""
        whole = len(self.order.ends)
        return whole if self.obstacle or not self._all_decided() else self.looked

    def _all_decided(self) -> bool:
        return all(self._decided(number) for number in range(len(self.job.plan.gates)))

    def _counts(self) -> tuple[int, int, int]:
        """(cases up to the last look, all cases, calls behind it)."""
        last, place = len(self.order.ends) - 1, self.portions_kept - 1
        calls = self.order.calls
        return self.order.cases[place], self.order.cases[last], calls[last] - calls[place]

    def _decided(self, number: int) -> bool:
        of_gate = [quantity for quantity in self.quantities if quantity.gate == number]
        decided = [self.decided[quantity] for quantity in of_gate if quantity in self.decided]
        return len(decided) == len(of_gate) > 0 or any(one.found.met is False for one in decided)

    def _try_to_decide(self, quantity: GateQuantity, columns: EntryColumns, look: Look) -> None:
        gate = self.job.plan.gates[quantity.gate]
        if gate.compares:
            self._try_baseline(quantity, gate, look)
            return
        measure, mask = gate.metric, None
        if isinstance(gate.rule, ThresholdRule) and gate.rule.tag is not None and quantity.value is not None:
            mask = dict(columns.tags[gate.rule.tag].masks()).get(quantity.value)
            if mask is None:
                return
        found = columns.of(measure, mask)
        if found.missing or found.left_out or undefined_reason(measure.name, found):
            return
        if gate_note(measure.name, found):
            return
        seen = sum(columns.outcomes.values()) if mask is None else int(mask.sum())
        decision = self._settle(gate, found, columns, mask, quantity.cases - seen, look)
        if decision is not None:
            self.decided[quantity] = DecidedQuantity(decision, len(found), self.order.cases[self.looked - 1])

    def _try_baseline(self, quantity: GateQuantity, gate: PlannedRule, look: Look) -> None:
        found = self.baseline.differences(gate, lambda rows: self.within(rows, self.looked), self.order.rank)
        if found is None:
            return
        last, values, scale = self.looked == len(self.order.ends), found.values, found.scale
        decision: SequentialDecision | None
        if isinstance(gate.rule, Beats):
            decision = decide_difference(values, look, self.design, scale=scale, last=last)
        else:
            decision = decide_drop(values, look, self.design, self.baseline.limits(gate), scale=scale)
        if decision is None and last:
            decision = SequentialDecision(
                None, float(values.mean()), "neither a drop nor its absence was shown"
            )
        if decision is not None:
            self.decided[quantity] = DecidedQuantity(decision, len(values), self.order.cases[self.looked - 1])

    def _settle(
        self,
        gate: PlannedRule,
        found: Columns,
        columns: EntryColumns,
        mask: NDArray[np.bool_] | None,
        left: int,
        look: Look,
    ) -> SequentialDecision | None:
        last = self.looked == len(self.order.ends)
        order = self._by_rank(gate, columns, mask)
        if isinstance(gate.rule, Beats):
            guessed = reference_columns(self.job.plan, columns, gate.rule.reference, gate.metric.scorer)
            if guessed is None:
                return None
            differences = (found.values - guessed.values)[order]
            return decide_difference(differences, look, self.design, scale=1.0, last=last)
        if not isinstance(gate.rule, ThresholdRule):  # one that compares goes another way
            return None
        values, scale = scores(gate, found)
        rule = Threshold(gate.rule.end, gate.rule.compare, gate.rule.threshold)
        needs_bounds = rule.end == "value" or self.design.method == "always-valid"
        if needs_bounds and None in (scale.low, scale.high):
            return None
        if rule.end == "value":
            return decide_value(values, len(values) + left, scale, rule) if len(values) + left else None
        return decide_interval_end(values[order], look, scale, rule, self.design, last=last)

    def _by_rank(
        self, gate: PlannedRule, columns: EntryColumns, mask: NDArray[np.bool_] | None
    ) -> NDArray[np.int64]:
        """The places of the used cases in the seeded order: betting depends on who comes first."""
        kept = _used(columns, gate.metric, mask)
        ids = (case_id for case_id, is_kept in zip(columns.case_ids or (), kept, strict=True) if is_kept)
        ranks = np.fromiter((self.order.rank(case_id) for case_id in ids), np.uint64)
        return np.argsort(ranks, kind="stable")

    def _result(self, number: int) -> GateResult:
        """The worst of a gate's answers, as a sentence."""
        gate = self.job.plan.gates[number]
        answered = [(q, self.decided[q]) for q in self.quantities if q.gate == number and q in self.decided]
        deciding = [pair for pair in answered if not pair[1].found.met] or answered
        quantity, decided = min(deciding, key=lambda pair: (pair[1].after, pair[0].value or ""))
        found = decided.found
        verdict = {True: Verdict.PASS, False: Verdict.FAIL, None: Verdict.INCONCLUSIVE}[found.met]
        if isinstance(gate.rule, NoRegression):
            moved = f"against the baseline, {gate.rule.metric} moved by {found.observed:+.4g}"
            detail = f"{moved} in {decided.n} cases; {found.how}"
            return GateResult(str(gate.rule), verdict, found.observed, detail)
        threshold, where = "0", ""
        if isinstance(gate.rule, Beats):
            name, compare = f"{gate.rule.metric} less {gate.rule.reference}'s", ">"
        else:
            end = "" if gate.rule.end == "value" else f".{gate.rule.end}"
            name, compare, threshold = (
                f"{gate.rule.metric}{end}",
                gate.rule.compare,
                f"{gate.rule.threshold:g}",
            )
            where = "" if quantity.value is None else f" in {gate.rule.tag}={quantity.value}"
        word = "meets" if found.met else "misses"
        how = f"; {found.how}" if found.how else ""
        detail = f"{name} {found.observed:.4g}{where} {word} {compare} {threshold} (n = {decided.n}{how})"
        return GateResult(str(gate.rule), verdict, found.observed, detail)


def _used(columns: EntryColumns, measure: Measure, mask: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """The cases that `columns.of` keeps."""
    if measure.spec.source.kind != "values":
        return columns.reported[measure.scorer, measure.spec.source].select(mask)[0]
    scored = columns.scores[measure.scorer].scored(measure.spec.least_turns)
    return scored if mask is None else scored & mask
