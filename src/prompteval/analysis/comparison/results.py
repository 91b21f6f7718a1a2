"""Pairs of entries to results: every metric compared, the primary ones decided together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from prompteval.analysis.columns.entry_columns import EntryColumns
from prompteval.analysis.comparison.options import CompareOptions
from prompteval.analysis.comparison.paired import Mask, compare_metric
from prompteval.analysis.comparison.pairing import EntryPair, PairedCases, pair_cases
from prompteval.analysis.comparison.rules import metric_rule
from prompteval.analysis.entries import common_units, entry_columns, entry_measures
from prompteval.analysis.summary import latency
from prompteval.core.stored import StoredEntry
from prompteval.core.verdict import Comparison, ComparisonVerdict
from prompteval.plan.measures import Measure
from prompteval.report.comparison.view import Change, ComparedEnd, ComparedResult
from prompteval.report.prompt_text import prompt_text
from prompteval.stats.paired.decision import DecisionRule, decide


@dataclass(frozen=True, slots=True)
class PairComparison:
    """One pair of entries, measured and not decided yet."""

    a: StoredEntry
    b: StoredEntry
    cases: PairedCases
    columns: tuple[EntryColumns, EntryColumns]
    measures: Mapping[str, Measure]
    primary: tuple[str, ...]
    rules: Mapping[str, DecisionRule]
    metrics: Mapping[str, Comparison]

    def named(self, mask: Mask | None, names: Sequence[str]) -> dict[str, Comparison]:
        """The metrics over the cases under a mask."""
        return {
            name: self._held(
                name,
                compare_metric(self.measures[name], *self.columns, alpha=self.rules[name].alpha, mask=mask),
            )
            for name in names
        }

    def _held(self, name: str, found: Comparison) -> Comparison:
        """The metric, which does not decide where a judge of either side may not."""
        reason = self.b.held_back.get(name) or self.a.held_back.get(name, "")
        return replace(found, undecidable=found.undecidable or reason)


def compare_pairs(pairs: Sequence[EntryPair], options: CompareOptions) -> tuple[ComparedResult, ...]:
    """Every pair with its verdict; the primary metrics of all of them are one family for Holm.

    Raises UsageError for a primary metric off the scale from 0 to 1 without a least effect.
    """
    found = [measure_pair(a, b, options) for a, b in pairs]
    family = [(pair, name) for pair in found for name in pair.primary]
    decided = decide(
        [pair.metrics[name] for pair, name in family], [pair.rules[name] for pair, name in family]
    )
    by_pair: dict[int, dict[str, Comparison]] = {}
    for (pair, name), comparison in zip(family, decided, strict=True):
        by_pair.setdefault(id(pair), {})[name] = comparison
    return tuple(_result(pair, by_pair.get(id(pair), {})) for pair in found)


def measure_pair(a: StoredEntry, b: StoredEntry, options: CompareOptions) -> PairComparison:
    """Every metric that both entries have, over the cases that both have."""
    cases = pair_cases(a, b)
    measures = {name: measure for name, measure in entry_measures(b).items() if name in entry_measures(a)}
    primary = tuple(name for name in b.facts.primary if name in measures)
    effects = b.facts.effects
    rules = {
        name: metric_rule(b.suite, effects, measure, options, name in primary)
        for name, measure in measures.items()
    }
    ids, used = frozenset(cases.paired), list(measures.values())
    units = common_units(a, b, ids)
    columns = (
        entry_columns(a, used, ids, (), units),
        entry_columns(b, used, ids, b.facts.slices, units),
    )
    pair = PairComparison(a, b, cases, columns, measures, primary, rules, {})
    return replace(pair, metrics=pair.named(None, list(measures)))


def _result(pair: PairComparison, decided: Mapping[str, Comparison]) -> ComparedResult:
    others = {
        name: decide([found], [pair.rules[name]])[0]
        for name, found in pair.metrics.items()
        if name not in decided
    }
    metrics = {name: decided.get(name) or others[name] for name in pair.metrics}
    fixed, broken = _flips(pair)
    return ComparedResult(
        suite=pair.b.suite,
        a=_end(pair.a),
        b=_end(pair.b),
        paired=len(pair.cases.paired),
        only_a=pair.cases.only_a,
        only_b=pair.cases.only_b,
        changed_cases=pair.cases.changed,
        errors=pair.cases.errors,
        primary=pair.primary,
        metrics=metrics,
        slices=_slices(pair),
        fixed=fixed,
        broken=broken,
        spent=_spent(pair),
        undecided=_undecided(pair),
        notes=tuple(_notes(pair)),
        verdict=_verdict(pair, decided),
        changes=partial(_changes, pair.a, pair.b),
        margins={
            name: rule.worse_by * (-1.0 if rule.higher_is_better else 1.0)
            for name, rule in pair.rules.items()
        },
    )


def _verdict(pair: PairComparison, decided: Mapping[str, Comparison]) -> ComparisonVerdict:
    """Of the primary metrics; cases that failed or that B lacks leave it incomplete.

    A metric that decides on one side and is not on the other leaves it inconclusive at best.
    """
    excluded = pair.b.facts.on_error == "exclude" and bool(pair.cases.paired)
    if pair.cases.only_a or (pair.cases.errors and not excluded):
        return ComparisonVerdict.INCOMPLETE
    found = [comparison.verdict for comparison in decided.values()]
    if not found or _undecided(pair):
        found.append(ComparisonVerdict.INCONCLUSIVE)
    return ComparisonVerdict.of_all(found)


def _undecided(pair: PairComparison) -> tuple[str, ...]:
    """The metrics that decide on one side, and that the other does not have."""
    named = dict.fromkeys([*pair.a.facts.primary, *pair.b.facts.primary])
    return tuple(name for name in named if name not in pair.measures)


def _slices(pair: PairComparison) -> dict[str, dict[str, dict[str, Comparison]]]:
    """The primary metrics over each slice, one family of their own for Holm: shown, not deciding."""
    keys: list[tuple[str, str, str]] = []
    found: list[Comparison] = []
    for tag, column in pair.columns[1].tags.items():
        for value, mask in column.masks():
            for name, comparison in pair.named(mask, pair.primary).items():
                keys.append((tag, value, name))
                found.append(comparison)
    slices: dict[str, dict[str, dict[str, Comparison]]] = {}
    decided = decide(found, [pair.rules[name] for _, _, name in keys])
    for (tag, value, name), comparison in zip(keys, decided, strict=True):
        slices.setdefault(tag, {}).setdefault(value, {})[name] = comparison
    return slices


def _flips(pair: PairComparison) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(fixed, broken): case ids by the scorer of the first primary metric; a case passes at 1."""
    named = [pair.measures[name].scorer for name in (*pair.primary, *pair.measures)]
    return flipped_cases(next((name for name in named if name), ""), *pair.columns)


def flipped_cases(
    scorer: str, one: EntryColumns, other: EntryColumns
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(fixed, broken) from one side to the other by a scorer's passes; nothing without a scorer."""
    if not scorer:
        return (), ()
    a, b = one.scores[scorer], other.scores[scorer]
    both = a.scored() & b.scored()
    if not both.any():
        return (), ()
    before, after = (np.frombuffer(side.passes, dtype=np.float64) >= 1.0 for side in (a, b))
    ids = np.asarray(other.case_ids, dtype=object)
    fixed, broken = ids[both & ~before & after], ids[both & before & ~after]
    return tuple(dict.fromkeys(fixed)), tuple(dict.fromkeys(broken))  # of a conversation several turns may be


def _changes(a: StoredEntry, b: StoredEntry, ids: tuple[str, ...]) -> Iterator[Change]:
    before, after = a.texts(ids), b.texts(ids)
    for name in ids:
        yield Change(name, before.get(name), after.get(name))


def _spent(pair: PairComparison) -> dict[str, tuple[float | None, float | None]]:
    """Latency over the paired cases, tokens of every reply, and money that the two runs really cost."""
    sides = []
    for entry, columns in zip((pair.a, pair.b), pair.columns, strict=True):
        prompt, completion = entry.tokens()
        known = latency(columns) if entry.timed else {"p50": None, "p95": None}
        sides.append(
            {
                "latency_ms.p50": known["p50"],
                "latency_ms.p95": known["p95"],
                "prompt_tokens": prompt,
                "completion_tokens": completion,
                "cost_usd": entry.cost_usd,
            }
        )
    return {name: (sides[0][name], sides[1][name]) for name in sides[0]}


def changed_facts(a: StoredEntry, b: StoredEntry) -> Iterator[str]:
    """What differs between two entries besides target and model."""
    if a.facts.cases != b.facts.cases:
        yield "the case files changed between the two"
    if a.facts.scorers != b.facts.scorers:
        yield f"the scorers changed between the two{_scorer_names(a, b)}"


def _notes(pair: PairComparison) -> Iterator[str]:
    """What differs between the sides, and what is not shown."""
    yield from changed_facts(pair.a, pair.b)
    if pair.a.fingerprint == pair.b.fingerprint and pair.a.model == pair.b.model:
        yield "target and model are the same on both sides"
    undecided = _undecided(pair)
    if undecided:
        yield f"decides on one side and is not on the other: {', '.join(undecided)}"
    apart = ({*entry_measures(pair.a)} ^ {*entry_measures(pair.b)}) - {*undecided}
    if apart:
        yield f"on one side only, so not compared: {', '.join(sorted(apart))}"
    dropped = [name for name in pair.a.facts.primary if name in pair.measures and name not in pair.primary]
    if dropped:
        yield f"decided in A and does not in B: {', '.join(dropped)}"
    by_judge: dict[str, list[str]] = {}
    for name, found in pair.metrics.items():
        if found.undecidable and found.undecidable in (
            pair.a.held_back.get(name),
            pair.b.held_back.get(name),
        ):
            by_judge.setdefault(found.undecidable, []).append(name)
    yield from (f"{', '.join(names)}: {reason}" for reason, names in by_judge.items())
    if not pair.primary:
        yield "no metric is on both sides, so nothing was decided"


def _scorer_names(a: StoredEntry, b: StoredEntry) -> str:
    sides: list[dict[str, object]] = [
        {name: [kind, options] for kind, name, options in entry.facts.scorers} for entry in (a, b)
    ]
    names = sorted(name for name in {*sides[0], *sides[1]} if sides[0].get(name) != sides[1].get(name))
    return f": {', '.join(names)}; each side keeps its own scores"


def _end(entry: StoredEntry) -> ComparedEnd:
    text = prompt_text(entry.target, entry.content) if entry.content else None
    return ComparedEnd(entry.run_id, entry.target, entry.fingerprint, entry.model, text)
