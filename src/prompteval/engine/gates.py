"""A suite's gate: rules parsed, their metrics known, their thresholds on the scale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prompteval.core.problem import did_you_mean
from prompteval.core.protocols import Scorer
from prompteval.engine.measures import Measure, bind
from prompteval.engine.problems import Problems
from prompteval.stats.gate import RUN_FACTS, GateRule, parse_gate, scale_error
from prompteval.workspace.suite import GateSpec, Suite

MAPPING_RULES = ("beats",)


@dataclass(frozen=True, slots=True)
class Beats:
    """The model must be better than a trivial reference on a metric."""

    reference: str
    metric: str

    def __str__(self) -> str:
        return f"beats(reference={self.reference}, metric={self.metric})"


@dataclass(frozen=True, slots=True)
class Gate:
    """One rule, with the metric it needs (None for a fact of the run such as errors)."""

    rule: GateRule | Beats
    measure: Measure | None


def plan_gates(
    suite: Suite, scorers: Sequence[Scorer], measures: Sequence[Measure], problems: Problems
) -> tuple[Gate, ...]:
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
            found.append(gate)
    return tuple(found)


def _gate(spec: GateSpec, suite: Suite, scorers: Sequence[Scorer], measures: Sequence[Measure]) -> Gate:
    if isinstance(spec.rule, Mapping):
        return _mapping_gate(spec.rule, suite, scorers, measures)
    rule = parse_gate(spec.rule)
    slices = [named.text for named in suite.slices]
    if rule.tag is not None and rule.tag not in slices:
        raise ValueError(f"{spec.rule}: {rule.tag!r} is not in slices ({did_you_mean(rule.tag, slices)})")
    if rule.metric in RUN_FACTS:
        wanted = rule.metric == "latency_ms"
        if wanted != (rule.end in ("p50", "p95", "p99")):
            raise ValueError(f"{spec.rule}: write {rule.metric}{'.p95' if wanted else ''} for it")
        if rule.tag is not None:
            raise ValueError(f"{spec.rule}: {rule.metric} is a fact of the whole run, not of a slice")
        return Gate(rule, None)
    measure = bind(rule.metric, scorers, measures)
    if measure.spec.kind == "breakdown":
        raise ValueError(f"{spec.rule}: {rule.metric} is a table, not a number")
    if not measure.spec.gates:
        raise ValueError(f"{spec.rule}: {rule.metric} is shown beside its null and never gates; gate brier")
    error = scale_error(rule, measure.spec.low, measure.spec.high)
    if error:
        raise ValueError(error)
    rule = GateRule(measure.text, rule.end, rule.compare, rule.threshold, rule.tag, rule.wanted)
    return Gate(rule, measure)


def _mapping_gate(
    raw: Mapping[str, Any], suite: Suite, scorers: Sequence[Scorer], measures: Sequence[Measure]
) -> Gate:
    kind, options = next(iter(raw.items())) if len(raw) == 1 else ("", None)
    if kind not in MAPPING_RULES or not isinstance(options, Mapping):
        raise ValueError(f"a rule is a text or {{beats: {{reference: majority}}}}, not {dict(raw)!r}")
    unknown = [key for key in options if key not in ("reference", "metric")]
    if unknown:
        raise ValueError(
            f"beats has no option {unknown[0]!r} ({did_you_mean(unknown[0], ('reference', 'metric'))})"
        )
    references = [named.text for named in suite.references]
    reference = options.get("reference")
    if reference not in references:
        raise ValueError(
            f"beats: {reference!r} is not in references ({did_you_mean(str(reference), references)})"
        )
    numbers = [measure.text for measure in measures if measure.spec.kind == "proportion"]
    metric = options.get("metric", numbers[0] if numbers else "accuracy")
    measure = bind(str(metric), scorers, measures)
    if measure.spec.kind != "proportion":
        raise ValueError(f"beats: {metric} is not a proportion; use accuracy")
    return Gate(Beats(str(reference), measure.text), measure)
