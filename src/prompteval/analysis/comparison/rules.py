"""What decides a metric of a comparison: the caller's limits, else the suite's, else the defaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prompteval.analysis.comparison.options import CompareOptions
from prompteval.analysis.entries import entry_measures
from prompteval.core.errors import UsageError
from prompteval.core.stored import StoredEntry
from prompteval.plan.gates import effect_error
from prompteval.plan.manifest import suite_facts
from prompteval.plan.measures import Measure
from prompteval.plan.suite_plan import SuitePlan
from prompteval.stats.paired.decision import MIN_EFFECT, DecisionRule


def metric_rule(
    suite: str,
    effects: Mapping[str, Mapping[str, float]],
    measure: Measure,
    options: CompareOptions,
    primary: bool,
) -> DecisionRule:
    """What decides one metric: the caller's limits, else the suite's `effects`, else the defaults.

    Raises UsageError for a primary metric off the scale from 0 to 1 without a least effect, and for limits
    that no change of it could pass.
    """
    alpha, least, margin = options.limits(effects.get(measure.text, {}))
    if least is None and primary and not _in_points(measure):
        message = f"{suite}: {measure.text} is not on a scale from 0 to 1: say how large a drop matters"
        rule = f"{{no_regression: {{metric: {measure.text}, min_effect: …}}}}"
        raise UsageError(message, f"give --min-effect, or write {rule} in the suite's gate")
    error = effect_error(measure, least, margin) if primary else ""
    if error:
        raise UsageError(f"{suite}: {error}")
    return rule_within(measure, alpha, least, margin)


def rule_within(measure: Measure, alpha: float, least: float | None, margin: float | None) -> DecisionRule:
    """What decides a metric within these limits; None takes the default."""
    return DecisionRule(
        alpha=alpha,
        min_effect=MIN_EFFECT if least is None else least,
        margin=margin,
        higher_is_better=measure.spec.higher_is_better,
        in_points=_in_points(measure),
    )


def _in_points(measure: Measure) -> bool:
    return (measure.spec.low, measure.spec.high) == (0.0, 1.0)


def check_plans(plans: Iterable[SuitePlan], options: CompareOptions) -> None:
    """Raise UsageError for a primary metric whose least effect nobody names, before anything is called."""
    for plan in plans:
        named = {m.text: m for m in (*plan.measures, *(g.measure for g in plan.gates if g.measure))}
        effects = suite_facts(plan).effects
        for name in plan.primary:
            metric_rule(plan.suite.name, effects, named[name], options, True)


def check_entries(entries: Iterable[StoredEntry], options: CompareOptions) -> None:
    """The same of what is stored already."""
    for entry in entries:
        known = entry_measures(entry)
        for name in (name for name in entry.facts.primary if name in known):
            metric_rule(entry.suite, entry.facts.effects, known[name], options, True)
