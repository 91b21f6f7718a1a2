"""A suite's gate: rules parsed, their metrics known, their thresholds on the scale."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from prompteval.core.problem import did_you_mean
from prompteval.core.protocols import Scorer
from prompteval.plan.measures import Measure, bind
from prompteval.plan.problems import Problems
from prompteval.stats.gate import (
    FACT_HIGH,
    FACT_LOW,
    RUN_FACTS,
    ThresholdRule,
    parse_gate,
    scale_error,
)
from prompteval.workspace.gate_section import BeatsRule, NoRegressionRule
from prompteval.workspace.suite import RuleSpec, Suite

BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class Beats:
    """Better on a metric than a trivial reference, another version of the prompt, or the baseline.

    Example: `beats: {reference: majority}`
    """

    reference: str
    metric: str
    # What a reference to a prompt names, once it has been looked up: route@v2.
    version: str = ""

    def __str__(self) -> str:
        return f"beats(reference={self.reference}, metric={self.metric})"

    @property
    def is_trivial(self) -> bool:
        """Whether the reference is a trivial predictor, which is computed and not run."""
        return self.reference != BASELINE and "@" not in self.reference

    @property
    def shown_reference(self) -> str:
        """`route@production (route@v2)`: the reference, and the version where it does not say it."""
        named = self.version in ("", self.reference)
        return self.reference if named else f"{self.reference} ({self.version})"


@dataclass(frozen=True, slots=True)
class NoRegression:
    """Not worse than the stored baseline on a metric; a limit that is not set has a comparison's default.

    Example: `no_regression: {metric: accuracy, min_effect: 0.02}`
    """

    metric: str
    min_effect: float | None = None
    margin: float | None = None
    alpha: float | None = None

    def limits(self) -> dict[str, float]:
        """The limits that are set."""
        found = {"min_effect": self.min_effect, "margin": self.margin, "alpha": self.alpha}
        return {name: value for name, value in found.items() if value is not None}

    def __str__(self) -> str:
        limits = "".join(f", {name}={value:g}" for name, value in self.limits().items())
        return f"no_regression(metric={self.metric}{limits})"


Rule = ThresholdRule | Beats | NoRegression


@dataclass(frozen=True, slots=True)
class PlannedRule:
    """One rule, the metric it needs (None for a fact of the run such as errors), and where it is written."""

    rule: Rule
    measure: Measure | None
    place: tuple[int, int] = field(default=(1, 1), compare=False)

    @property
    def metric(self) -> Measure:
        """The metric the rule reads. Raises LookupError for a fact of the run, which has none."""
        if self.measure is None:
            raise LookupError(f"{self.rule} reads a fact of the run, not a metric")
        return self.measure

    @property
    def compares(self) -> bool:
        """Whether the rule sets the run against other outputs, case by case."""
        return isinstance(self.rule, NoRegression) or (
            isinstance(self.rule, Beats) and not self.rule.is_trivial
        )


def plan_gates(
    suite: Suite, scorers: Sequence[Scorer], measures: Sequence[Measure], problems: Problems
) -> tuple[PlannedRule, ...]:
    """Every rule of a suite; what is wrong with one is noted at its line."""
    found = []
    for spec in suite.gate:
        gate = problems.catch(
            suite.path,
            (spec.line, spec.col),
            "PE227",
            _gate,
            spec,
            suite,
            scorers,
            measures,
        )
        if gate is not None:
            found.append(replace(gate, place=(spec.line, spec.col)))
    return tuple(found)


def _gate(
    spec: RuleSpec, suite: Suite, scorers: Sequence[Scorer], measures: Sequence[Measure]
) -> PlannedRule:
    if isinstance(spec.rule, BeatsRule):
        return _beats(spec.rule, suite, scorers, measures)
    if isinstance(spec.rule, NoRegressionRule):
        return _no_regression(spec.rule, suite, scorers, measures)
    rule = parse_gate(spec.rule)
    slices = [named.text for named in suite.slices]
    if rule.tag is not None and rule.tag not in slices:
        help = did_you_mean(rule.tag, slices) or f"add `slices: [{rule.tag}]`"
        raise ValueError(f"{spec.rule}: {rule.tag!r} is not in slices ({help})")
    if rule.metric in RUN_FACTS:
        if rule.end != "value":
            raise ValueError(f"{spec.rule}: write {rule.metric} for it")
        if rule.tag is not None:
            raise ValueError(f"{spec.rule}: {rule.metric} is a fact of the whole run, not of a slice")
        error = scale_error(rule, FACT_LOW, FACT_HIGH.get(rule.metric))
        if error:
            raise ValueError(error)
        return PlannedRule(rule, None)
    measure = bind(rule.metric, scorers, measures, suite)
    if measure.spec.kind == "breakdown":
        raise ValueError(f"{spec.rule}: {rule.metric} is a table, not a number")
    if not measure.spec.gates:
        raise ValueError(f"{spec.rule}: {rule.metric} is shown beside its null and never gates; gate brier")
    error = scale_error(rule, measure.spec.low, measure.spec.high)
    if error:
        raise ValueError(error)
    rule = ThresholdRule(measure.text, rule.end, rule.compare, rule.threshold, rule.tag, rule.wanted)
    return PlannedRule(rule, measure)


def note_absent(
    suite: Suite, gates: Sequence[PlannedRule], absent: frozenset[tuple[str, str]], problems: Problems
) -> None:
    """A rule on a slice that no case is in, at its line; it could never pass."""
    for spec, gate in zip(suite.gate, gates, strict=True):
        rule = gate.rule
        if isinstance(rule, ThresholdRule) and (rule.tag, rule.wanted) in absent:
            message = f"{spec.rule}: no case carries {rule.tag}={rule.wanted}"
            problems.add(suite.path, (spec.line, spec.col), "PE231", message)


def wanted_slices(gates: Sequence[PlannedRule]) -> frozenset[tuple[str, str]]:
    """(tag, value) of each slice that a rule names."""
    rules = [gate.rule for gate in gates if isinstance(gate.rule, ThresholdRule)]
    return frozenset((rule.tag, rule.wanted) for rule in rules if rule.tag and rule.wanted is not None)


def primary_metrics(
    suite: Suite, scorers: Sequence[Scorer], measures: Sequence[Measure], gates: Sequence[PlannedRule]
) -> tuple[str, ...]:
    """The metrics that decide a comparison: the suite's own, else those its gate names, else the first."""
    own = [bind(named.text, scorers, measures, suite).text for named in suite.primary]
    gated = [gate.measure.text for gate in gates if gate.measure is not None]
    first = [measure.text for measure in measures if measure.spec.gates][:1]
    return tuple(dict.fromkeys(own or gated or first))


def _beats(
    given: BeatsRule, suite: Suite, scorers: Sequence[Scorer], measures: Sequence[Measure]
) -> PlannedRule:
    reference = given.reference
    trivial = [named.text for named in suite.references]
    rule = Beats(reference, "")
    if rule.is_trivial and reference not in trivial:
        known = (*trivial, BASELINE, f"{suite.target.value}@v1")
        raise ValueError(f"beats: {reference!r} is not in references ({did_you_mean(reference, known)})")
    if "@" in reference and (
        suite.target.kind != "prompt" or reference.partition("@")[0] != suite.target.value.partition("@")[0]
    ):
        raise ValueError(f"beats: {reference} is not a version of what this suite runs, {suite.target.value}")
    measure = _compared(given.metric, rule.is_trivial, "beats", suite, scorers, measures)
    if rule.is_trivial and measure.spec.kind != "proportion":
        raise ValueError(f"beats: {measure.text} is not a proportion; use accuracy")
    return PlannedRule(Beats(reference, measure.text), measure)


def _no_regression(
    given: NoRegressionRule, suite: Suite, scorers: Sequence[Scorer], measures: Sequence[Measure]
) -> PlannedRule:
    measure = _compared(given.metric, False, "no_regression", suite, scorers, measures)
    if (measure.spec.low, measure.spec.high) != (0.0, 1.0) and given.min_effect is None:
        raise ValueError(
            f"no_regression: {measure.text} is not on a scale from 0 to 1; give min_effect in its own units"
        )
    error = effect_error(measure, given.min_effect, given.margin)
    if error:
        raise ValueError(f"no_regression: {error}")
    return PlannedRule(NoRegression(measure.text, given.min_effect, given.margin, given.alpha), measure)


def effect_error(measure: Measure, min_effect: float | None, margin: float | None) -> str:
    """What is wrong with a drop that no metric on this scale can have; empty when nothing is.

    A rule with it would never fail: 2 is meant as points, and is written 0.02.
    """
    low, high = measure.spec.low, measure.spec.high
    if low is None or high is None:
        return ""
    for name, value in (("min_effect", min_effect), ("margin", margin)):
        if value is not None and value >= high - low:
            hint = (
                f"; did you mean {value / 100:g}?" if (low, high) == (0.0, 1.0) and 1 <= value < 100 else ""
            )
            return (
                f"{name} {value:g} is the largest change {measure.text} can have, so it decides nothing{hint}"
            )
    return ""


def _compared(
    metric: str | None,
    proportion: bool,
    kind: str,
    suite: Suite,
    scorers: Sequence[Scorer],
    measures: Sequence[Measure],
) -> Measure:
    """The metric a comparing rule names, else the suite's first primary one."""
    usable = [m.text for m in measures if (m.spec.kind == "proportion" if proportion else m.spec.gates)]
    first = suite.primary[0].text if suite.primary and not proportion else None
    metric = metric or first or (usable[0] if usable else "accuracy")
    measure = bind(metric, scorers, measures, suite)
    if not measure.spec.gates:
        raise ValueError(f"{kind}: {measure.text} is shown and never decides")
    return measure
