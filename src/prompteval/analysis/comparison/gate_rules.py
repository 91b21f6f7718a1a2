"""PlannedRule rules that set a run against its baseline or against another version of the prompt.

All of a run's comparing rules are one family for Holm, since together they decide one exit code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from prompteval.analysis.comparison.paired import compare_metric
from prompteval.analysis.comparison.pairing import PairedCases, pair_cases
from prompteval.analysis.comparison.results import changed_facts, flipped_cases
from prompteval.analysis.comparison.rules import rule_within
from prompteval.analysis.entries import common_units, entry_columns, entry_measures, name_of
from prompteval.core.stored import StoredEntry
from prompteval.core.verdict import Comparison, ComparisonVerdict, GateResult, Verdict
from prompteval.plan.gates import BASELINE, Beats, NoRegression, PlannedRule
from prompteval.plan.measures import Measure
from prompteval.report.result_view import ResultView
from prompteval.stats.paired.decision import DecisionRule, decide
from prompteval.stats.paired.values import ALPHA

_OF_NO_REGRESSION = {
    ComparisonVerdict.IMPROVED: Verdict.PASS,
    ComparisonVerdict.NOT_WORSE: Verdict.PASS,
    ComparisonVerdict.INCONCLUSIVE: Verdict.INCONCLUSIVE,
    ComparisonVerdict.REGRESSED: Verdict.FAIL,
    ComparisonVerdict.INCOMPLETE: Verdict.INCONCLUSIVE,
}


@dataclass(frozen=True, slots=True)
class GatedEntry:
    """One result of a run with its suite's gate: the entry that is gated, and what it may be set against.

    `baseline` and `rivals` are the entries that `beats` and `no_regression` name, by reference.
    `narrowed` says that the run was asked for some of the cases only, or stopped early.
    """

    entry: StoredEntry
    gates: Sequence[PlannedRule]
    baseline: Sequence[StoredEntry]
    rivals: Sequence[StoredEntry]
    narrowed: bool = False


@dataclass(frozen=True, slots=True)
class _MeasuredRule:
    """One comparing rule of one result, measured."""

    result: int
    place: int
    gate: PlannedRule
    found: Comparison
    rule: DecisionRule
    cases: PairedCases
    aside: str
    narrowed: bool
    unchanged: bool = False
    broken: tuple[str, ...] = ()


def decide_comparing_rules(results: Sequence[ResultView], gated: Sequence[GatedEntry]) -> list[ResultView]:
    """The results with their comparing rules decided. `gated` goes with `results`, one for one."""
    settled = [list(result.gates) for result in results]
    rules: list[_MeasuredRule] = []
    for number, one in enumerate(gated):
        for place, gate in enumerate(one.gates):
            if not gate.compares:
                continue
            measured = _measure(number, place, gate, one)
            if isinstance(measured, GateResult):
                settled[number][place] = measured
            else:
                rules.append(measured)
    decided = decide([q.found for q in rules], [q.rule for q in rules])
    for measured, comparison in zip(rules, decided, strict=True):
        settled[measured.result][measured.place] = _gate_result(measured, comparison)
    return [replace(result, gates=tuple(gates)) for result, gates in zip(results, settled, strict=True)]


def _measure(number: int, place: int, gate: PlannedRule, one: GatedEntry) -> _MeasuredRule | GateResult:
    """The comparison that a rule asks for, or why there is none: that never passes."""
    other = other_side(gate, one)
    if isinstance(other, str):
        return GateResult(str(gate.rule), Verdict.FAIL, None, other)
    measure = gate.metric
    theirs = entry_measures(other).get(measure.text)
    if theirs is None or theirs.scorer != measure.scorer:
        message = f"{named_side(gate)} has no {measure.text}; set it again: `prompteval baseline set`"
        return GateResult(str(gate.rule), Verdict.FAIL, None, message)
    cases = pair_cases(other, one.entry)
    ids = frozenset(cases.paired)
    rule = rule_of(gate, measure)
    units = common_units(other, one.entry, ids)
    columns = (
        entry_columns(other, [measure], ids, (), units),
        entry_columns(one.entry, [measure], ids, (), units),
    )
    found = compare_metric(measure, *columns, alpha=rule.alpha)
    failed = 0 if one.entry.facts.on_error == "exclude" else len(cases.errors)
    found = replace(found, missing=found.missing + len(cases.only_a) + failed)
    aside = (
        [f"{named_side(gate)} is of another model, {other.model}"] if other.model != one.entry.model else []
    )
    aside += changed_facts(other, one.entry)
    same = _is_unchanged(other, one.entry)
    broken = flipped_cases(measure.scorer, *columns)[1] if needs_baseline(gate) else ()
    return _MeasuredRule(
        number, place, gate, found, rule, cases, "; ".join(aside), one.narrowed, same, broken
    )


def _is_unchanged(a: StoredEntry, b: StoredEntry) -> bool:
    """Whether both are of one target, model, cases and scorers, as far as a fingerprint can tell.

    What stands behind a function or an endpoint cannot be seen.
    """
    hidden = a.target.startswith(("callable:", "endpoint:"))
    made_from = [(e.target, e.fingerprint, e.model, e.facts.cases, e.facts.scorers) for e in (a, b)]
    return not hidden and made_from[0] == made_from[1]


def other_side(gate: PlannedRule, one: GatedEntry) -> StoredEntry | str:
    """What a rule sets the entry against, or why that is not there."""
    if not isinstance(gate.rule, Beats) or gate.rule.reference == BASELINE:
        if not one.baseline:
            return f"{one.entry.suite} has no baseline; `prompteval baseline set` creates one from a run"
        same: list[Callable[[StoredEntry], bool]] = [
            lambda e: e.model == one.entry.model and name_of(e) == name_of(one.entry),
            lambda e: e.model == one.entry.model,
            lambda e: len(one.baseline) == 1,
        ]
        for fits in same:
            found = [entry for entry in one.baseline if fits(entry)]
            if len(found) == 1:
                return found[0]
        return f"the baseline does not have exactly one entry for {one.entry.target} with {one.entry.model}"
    wanted = gate.rule.version or gate.rule.reference
    rivals = [e for e in one.rivals if e.target == wanted and e.model == one.entry.model]
    return rivals[0] if rivals else f"{gate.rule.shown_reference} was not run with {one.entry.model}"


def rule_of(gate: PlannedRule, measure: Measure) -> DecisionRule:
    """What decides a rule: its own limits, else the defaults, never those of another rule."""
    rule = gate.rule
    if not isinstance(rule, NoRegression):
        return rule_within(measure, ALPHA, None, None)
    return rule_within(measure, ALPHA if rule.alpha is None else rule.alpha, rule.min_effect, rule.margin)


def needs_baseline(gate: PlannedRule) -> bool:
    """Whether a rule sets the entry against its baseline."""
    return gate.compares and named_side(gate) == "the baseline"


def named_side(gate: PlannedRule) -> str:
    """What a comparing rule sets the entry against, in words."""
    if not isinstance(gate.rule, Beats) or gate.rule.reference == BASELINE:
        return "the baseline"
    return gate.rule.shown_reference


def _gate_result(measured: _MeasuredRule, comparison: Comparison) -> GateResult:
    """A rule's verdict, with the sentence of its comparison and the cases that were left out of it."""
    rule, cases = measured.gate.rule, measured.cases
    if cases.only_a and not measured.narrowed:
        verdict = Verdict.FAIL  # a case that went away is not a case that passes
    elif isinstance(rule, NoRegression):
        verdict = _OF_NO_REGRESSION[comparison.verdict]
        if verdict is Verdict.INCONCLUSIVE and measured.unchanged and not comparison.missing:
            verdict = Verdict.PASS
    else:  # to be better must be shown, not merely not refuted
        verdict = Verdict.PASS if comparison.verdict is ComparisonVerdict.IMPROVED else Verdict.FAIL
    parts = [f"against {named_side(measured.gate)}, {comparison.detail}"]
    for count, what in (
        (len(cases.changed), "changed since and not compared"),
        (len(cases.only_b), "new and not compared"),
        (len(cases.only_a), "not run" if measured.narrowed else "missing now, which never passes"),
    ):
        if count:
            parts.append(f"{count:,} {'case' if count == 1 else 'cases'} {what}")
    if measured.unchanged:
        parts.append("target, model, cases and scorers are unchanged")
    if measured.aside:
        parts.append(measured.aside)
    # What failed cases keep from being shown is open without them; a regression is one all the same.
    open_without = Verdict.INCONCLUSIVE if cases.errors and isinstance(rule, Beats) else None
    return GateResult(str(rule), verdict, comparison.b, "; ".join(parts), open_without, measured.broken)
