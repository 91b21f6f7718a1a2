"""From stored rows to the numbers, the gate and the verdict of one entry."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from prompteval.analysis.columns.entry_columns import EntryColumns
from prompteval.analysis.columns.reported import Need
from prompteval.analysis.estimates import estimate
from prompteval.analysis.reliability import reliability_table
from prompteval.core.verdict import Estimate, GateResult, Verdict
from prompteval.metrics import references
from prompteval.metrics.classification import per_class
from prompteval.metrics.columns import Columns, with_missing_at
from prompteval.plan.gates import Beats, NoRegression, PlannedRule
from prompteval.plan.measures import Measure, reported_needs
from prompteval.plan.suite_plan import SuitePlan
from prompteval.report.result_view import ClassLine, ReliabilityTable
from prompteval.stats.gate import decide
from prompteval.stats.interval import percentile_latency, wilson


def numbers(plan: SuitePlan) -> tuple[Measure, ...]:
    """The suite's metrics and those its gate needs, without the tables and what no scorer feeds."""
    found = {m.text: m for m in plan.measures if m.spec.kind != "breakdown"}
    for gate in plan.gates:
        if gate.measure is not None:
            found.setdefault(gate.measure.text, gate.measure)
    return tuple(m for m in found.values() if m.scorer or m.spec.source.of_row)


def needs(plan: SuitePlan) -> dict[Need, str]:
    """What the suite's metrics and tables read beside scores, each with its scorer's field."""
    tables = [m for m in plan.measures if m.spec.kind == "breakdown"]
    return reported_needs([*numbers(plan), *tables], plan.scorers)


def metric_estimates(plan: SuitePlan, columns: EntryColumns) -> dict[str, Estimate]:
    """Every metric over all cases."""
    return {m.text: estimate(m, columns.of(m)) for m in numbers(plan)}


def slice_estimates(plan: SuitePlan, columns: EntryColumns) -> dict[str, dict[str, dict[str, Estimate]]]:
    """Every metric over the cases of each value of each slice tag."""
    return {
        tag: {
            value: {m.text: estimate(m, columns.of(m, mask)) for m in numbers(plan)}
            for value, mask in column.masks()
        }
        for tag, column in columns.tags.items()
    }


def reference_columns(plan: SuitePlan, columns: EntryColumns, name: str, scorer: str) -> Columns | None:
    """What a trivial predictor would have scored; None where the scorer compares no classes."""
    column = columns.scores[scorer]
    kept = column.scored()
    own = column.columns(kept)
    known = own.expected >= 0
    if not known.all() or not len(own):
        return None
    labels = [own.classes[code] for code in own.expected]
    if name == "majority":
        predicted = references.majority(labels)
    else:
        ids = columns.case_ids or []
        scored = [case_id for case_id, is_kept in zip(ids, kept, strict=True) if is_kept]
        predicted = references.random(scored, labels)
    code = {label: index for index, label in enumerate(own.classes)}
    guesses = np.asarray([code[label] for label in predicted], dtype=np.int32)
    right = (guesses == own.expected).astype(np.float64)
    return Columns(right, own.expected, guesses, own.classes, clusters=columns.clusters.codes(kept))


def reference_estimates(plan: SuitePlan, columns: EntryColumns) -> dict[str, dict[str, Estimate]]:
    """Every metric of every trivial reference."""
    found: dict[str, dict[str, Estimate]] = {}
    for named in plan.suite.references:
        row: dict[str, Estimate] = {}
        for measure in numbers(plan):
            if measure.spec.source.kind != "values":
                continue  # a trivial reference reports no confidence, number or text
            guessed = reference_columns(plan, columns, named.text, measure.scorer)
            if guessed is not None:
                row[measure.text] = estimate(measure, guessed)
        found[named.text] = row
    return found


def breakdowns(plan: SuitePlan, columns: EntryColumns) -> tuple[tuple[ClassLine, ...], dict[str, object]]:
    """The per-class lines and the confusion table, where the suite asks for them."""
    wanted = {m.name.name: m for m in plan.measures if m.name.name in ("per_class", "confusion")}
    lines: tuple[ClassLine, ...] = ()
    confusion: dict[str, object] = {}
    for name, measure in wanted.items():
        found = columns.of(measure) if measure.scorer else None
        if found is None or not (found.expected >= 0).any():
            continue
        table = found.confusion()
        if name == "confusion":
            confusion = {"labels": list(found.classes), "counts": table.tolist()}
        else:
            precision, recall, f1, support = per_class(table)
            rows = zip(found.classes, precision, recall, f1, support, strict=True)
            lines = tuple(ClassLine(n, float(p), float(r), float(f), int(s)) for n, p, r, f, s in rows)
    return lines, confusion


def reliability_tables(plan: SuitePlan, columns: EntryColumns) -> tuple[ReliabilityTable, ...]:
    """Confidence against outcome in bins, for each `reliability` metric of the suite."""
    wanted = [m for m in plan.measures if m.name.name == "reliability" and m.scorer]
    return tuple(reliability_table(measure, columns.of(measure)) for measure in wanted)


def run_facts(columns: EntryColumns, total: int, cost_usd: float | None) -> dict[str, Estimate]:
    """Errors, invalid outputs, coverage and cost, as a gate can read them."""
    scored = columns.outcomes["ok"] + columns.outcomes["invalid"]
    coverage = wilson(scored, total)
    return {
        "errors": Estimate("errors", float(columns.outcomes["error"]), n=total),
        "invalid": Estimate("invalid", float(columns.outcomes["invalid"]), n=total),
        "coverage": Estimate(
            "coverage", coverage.value, coverage.low, coverage.high, total, reason=coverage.reason
        ),
        "cost_usd": Estimate("cost_usd", cost_usd, n=total, reason="the price is not known"),
    }


def latency(columns: EntryColumns) -> dict[str, float | None]:
    """p50, p95 and p99 in milliseconds."""
    values = np.frombuffer(columns.latencies, dtype=np.float64) if columns.latencies else np.zeros(0)
    return {f"p{q}": percentile_latency(values, q / 100) for q in (50, 95, 99)}


def decide_gates(
    plan: SuitePlan,
    columns: EntryColumns,
    estimates: Mapping[str, Estimate],
    slices: Mapping[str, Mapping[str, Mapping[str, Estimate]]],
    total: int,
    cost_usd: float | None,
) -> tuple[GateResult, ...]:
    """Every rule of the suite, decided; one that compares waits until everything is run."""
    facts = run_facts(columns, total, cost_usd)
    if plan.suite.allow_unscored:
        estimates = {**estimates, **_worst_estimates(plan, columns, None)}
        slices = {
            tag: {
                value: {**slices[tag][value], **_worst_estimates(plan, columns, mask)}
                for value, mask in column.masks()
            }
            for tag, column in columns.tags.items()
        }
    return tuple(_decide(gate, plan, columns, estimates, slices, facts) for gate in plan.gates)


def _worst_estimates(
    plan: SuitePlan, columns: EntryColumns, mask: NDArray[np.bool_] | None
) -> dict[str, Estimate]:
    """The means of bounded scores with every missing case at the worst end: what gates read where a
    suite allows cases without a score. Other metrics stay undecided while a case is missing."""
    found = {}
    for measure in numbers(plan):
        if measure.spec.kind not in ("proportion", "mean") or measure.spec.per_case is not None:
            continue
        known = columns.of(measure, mask)
        worst = known.low if measure.spec.higher_is_better else known.high
        if known.missing and worst is not None and known.clusters is None:
            found[measure.text] = estimate(measure, with_missing_at(known, worst))
    return found


def _decide(
    gate: PlannedRule,
    plan: SuitePlan,
    columns: EntryColumns,
    estimates: Mapping[str, Estimate],
    slices: Mapping[str, Mapping[str, Mapping[str, Estimate]]],
    facts: Mapping[str, Estimate],
) -> GateResult:
    rule = gate.rule
    if gate.compares or isinstance(rule, NoRegression):
        return GateResult(str(rule), Verdict.INCONCLUSIVE, None, "not compared yet")
    if isinstance(rule, Beats):
        return _beats(rule, gate, plan, columns, estimates)
    if gate.measure is not None:
        return decide(rule, estimates, slices)
    return decide(rule, facts, {})


def _beats(
    rule: Beats, gate: PlannedRule, plan: SuitePlan, columns: EntryColumns, estimates: Mapping[str, Estimate]
) -> GateResult:
    """Better than a reference: the lower end of the interval lies above what the reference reaches."""
    own = estimates.get(rule.metric)
    guessed = reference_columns(plan, columns, rule.reference, gate.measure.scorer) if gate.measure else None
    if own is None or own.low is None or guessed is None or gate.measure is None:
        return GateResult(str(rule), Verdict.FAIL, None, f"no value for {rule.metric} to compare")
    reached = estimate(gate.measure, guessed)
    if reached.value is None:
        return GateResult(str(rule), Verdict.FAIL, own.value, f"{rule.reference} has no {rule.metric}")
    verdict = Verdict.PASS if own.low > reached.value else Verdict.FAIL
    word = "above" if verdict is Verdict.PASS else "not above"
    detail = f"the lower end {own.low:.4g} of {rule.metric} is {word} {rule.reference}'s {reached.value:.4g}"
    return GateResult(str(rule), verdict, own.value, detail)
