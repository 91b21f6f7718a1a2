"""Metrics as a suite names them, each bound to the scorer it reads."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from prompteval.core.problem import did_you_mean
from prompteval.core.protocols import Scorer
from prompteval.engine.problems import Problems
from prompteval.metrics.names import MetricName, parse_metric
from prompteval.metrics.table import MetricSpec, Source, metric_spec
from prompteval.workspace.suite import Suite

# What a metric reads of a scorer → the scorer that reports it.
SCORER_OF: Mapping[str, str] = {
    "numbers": "number", "rouge_1": "rouge", "rouge_2": "rouge", "rouge_l": "rouge",
    "bleu": "bleu", "chrf": "chrf",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric of a suite: its canonical text, what it computes, which scorer it reads."""

    text: str
    name: MetricName
    spec: MetricSpec
    scorer: str


def plan_measures(suite: Suite, scorers: Sequence[Scorer], problems: Problems) -> tuple[Measure, ...]:
    """The suite's metrics in order, without repeats; what cannot be read is noted at its line."""
    found: list[Measure] = []
    for named in (*suite.metrics, *suite.primary):
        measure = problems.catch(
            suite.path, (named.line, named.col), "PE226", bind, named.text, scorers, tuple(found)
        )
        if measure is not None and measure not in found:
            found.append(measure)
    return tuple(found)


def bind(text: str, scorers: Sequence[Scorer], known: Sequence[Measure] = ()) -> Measure:
    """A metric name with its scorer: the one in `scorer=`, else the first that reports what it reads.

    The measure among `known` with the same name, however its parameters were ordered. Raises
    ValueError for an unknown metric, parameter or scorer, naming the nearest, and for a scorer
    that does not report what the metric reads.
    """
    name = parse_metric(text)
    same = next((measure for measure in known if measure.name == name), None)
    if same is not None:
        return same
    spec = metric_spec(name)
    return Measure(str(name), name, spec, _scorer(text, name, spec.source, scorers))


def _scorer(text: str, name: MetricName, source: Source, scorers: Sequence[Scorer]) -> str:
    if source.kind == "logprobs":
        return ""
    wanted = name.params.get("scorer")
    names = [scorer.name for scorer in scorers]
    if wanted is not None and wanted not in names:
        raise ValueError(f"{text}: there is no scorer {wanted!r} ({did_you_mean(wanted, names)})")
    named = [scorer for scorer in scorers if wanted in (None, scorer.name)]
    report = {"numbers": "numbers", "evidence": source.key}.get(source.kind)
    if report is None:
        return named[0].name if named else ""
    # A scorer of the team's own may report anything; the data show whether it does.
    able = [s for s in named if report in getattr(s, "reports", (report,))]
    if not able:
        kind = SCORER_OF[report]
        if wanted is not None:
            raise ValueError(f"{text}: scorer {wanted!r} reports no {report}; use a `{kind}` scorer")
        raise ValueError(f"{text} reads a `{kind}` scorer, and the suite has none; add `{kind}` to scorers")
    sure = [scorer for scorer in able if report in getattr(scorer, "reports", ())]
    return (sure or able)[0].name


def evidence_needs(measures: Iterable[Measure], scorers: Sequence[Scorer]) -> dict[tuple[str, Source], str]:
    """What the metrics read beside scores, by scorer, each with the output field the scorer reads."""
    fields = {scorer.name: str(getattr(scorer, "field", "")) for scorer in scorers}
    return {
        (m.scorer, m.spec.source): fields.get(m.scorer, "")
        for m in measures
        if m.spec.source.kind != "values" and (m.scorer or m.spec.source.kind == "logprobs")
    }


def reads_target(needs: Iterable[tuple[str, Source]]) -> bool:
    """Whether a metric reads what the target reported of itself, beside its output."""
    return any(source.kind in ("confidence", "logprobs") for _, source in needs)
