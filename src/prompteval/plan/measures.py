"""Metrics as a suite names them, each bound to the scorer it reads."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prompteval.core.problem import did_you_mean
from prompteval.core.protocols import Scorer
from prompteval.metrics.names import MetricName, parse_metric
from prompteval.metrics.stage_names import (
    ANSWER_STAGES,
    StageMetric,
    is_stage_metric,
    parse_stage_metric,
)
from prompteval.metrics.table import MetricSpec, Source, metric_spec
from prompteval.plan.problems import Problems
from prompteval.workspace.rag_section import RagSection
from prompteval.workspace.suite import Named, Suite

# What a metric reads of a scorer → the scorer that reports it.
SCORER_OF: Mapping[str, str] = {
    "numbers": "number", "rouge_1": "rouge", "rouge_2": "rouge", "rouge_l": "rouge",
    "bleu": "bleu", "chrf": "chrf", "tool_calls.name": "tool_calls", "tool_calls.arguments": "tool_calls",
    "longer_by": "pairwise", "labelled": "judge", "labelled_passes": "judge",
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
    named_metrics = (*suite.metrics, *suite.primary)
    for named in (*(named_metrics or _default_metrics(suite)), *_ceiling(suite, named_metrics)):
        place = (named.line, named.col)
        measure = problems.catch(suite.path, place, "PE226", bind, named.text, scorers, tuple(found), suite)
        if measure is not None and measure not in found:
            found.append(measure)
        if measure is not None and named in suite.primary and not measure.spec.gates:
            message = f"primary: {measure.text} is shown and never decides"
            problems.add(suite.path, place, "PE226", message, "name a metric that may")
    return tuple(found)


def bind(
    text: str,
    scorers: Sequence[Scorer],
    known: Sequence[Measure] = (),
    suite: Suite | None = None,
) -> Measure:
    """A metric name with its scorer: the one in `scorer=`, else the first that reports what it reads.

    The measure among `known` with the same name, however its parameters were ordered. A metric of a
    stage has a scorer of its own, which the suite's pipeline or its results make. Raises ValueError for an
    unknown metric, parameter or scorer, naming the nearest, where no scorer reports what the metric reads,
    and for a stage that the suite does not have. Where a scorer of the suite could not be built, which is an
    error at its own line, nothing is said of what it might have been read for.
    """
    name = parse_metric(text)
    if is_stage_metric(name.name):
        metric = parse_stage_metric(name.name)
        if suite is None or suite.rag is None:
            _refuse_without_results(text, metric, suite)
        else:
            _refuse_absent(text, metric, suite.rag)
        return Measure(name.name, name, metric_spec(name), name.name)
    same = next((measure for measure in known if measure.name == name), None)
    if same is not None:
        return same
    spec = metric_spec(name)
    unbuilt = suite is not None and len(scorers) < len(suite.scorers)
    return Measure(str(name), name, spec, "" if unbuilt else _scorer(text, name, spec.source, scorers))


def stage_metrics(measures: Iterable[Measure], gates: Iterable[Any]) -> list[StageMetric]:
    """The metrics of stages among the measures and in the gates, each once, in that order."""
    everything = [*measures, *(gate.measure for gate in gates if gate.measure is not None)]
    names = dict.fromkeys(measure.text for measure in everything if is_stage_metric(measure.text))
    return [parse_stage_metric(name) for name in names]


def _refuse_without_results(text: str, metric: StageMetric, suite: Suite | None) -> None:
    """Raise ValueError for what a suite without a pipeline of ours cannot serve."""
    kind = "none" if suite is None else suite.target.kind
    if metric.mode:
        raise ValueError(f"{text}: mode {metric.mode} needs a pipeline of ours; add `rag:`")
    if suite is not None and kind in ("endpoint", "callable") and suite.map:
        _refuse_unmapped(text, metric, suite.map)
    if metric.stage == "generation" and kind != "none":
        return
    if suite is None or kind in ("prompt", "none"):
        raise ValueError(f"{text} reads a retrieval pipeline, and the suite has none; add `rag:`")
    if kind == "endpoint" and not (suite.result or suite.map):
        help = "add `result: true`, or `map:` for another shape"
        raise ValueError(f"{text} reads results, and the answers of the endpoint are bare outputs; {help}")


def _refuse_unmapped(text: str, metric: StageMetric, mapping: Mapping[str, str]) -> None:
    """Raise ValueError for a metric none of whose keys the suite's map gives."""
    from prompteval.rag.score.results import NEEDS

    keys = NEEDS.get(metric.stage, ("output", "turns"))
    if mapping.keys().isdisjoint(keys):
        wanted = " or ".join(repr(key) for key in keys if key != "turns")
        raise ValueError(
            f"{text} reads {wanted}, and `map:` does not give it; add `{keys[0]}: ...` to the map"
        )


def _refuse_absent(text: str, metric: StageMetric, rag: RagSection) -> None:
    """Raise ValueError for a stage or mode that the suite does not have."""
    if metric.stage == "rerank" and rag.reranker.kind == "none":
        raise ValueError(f"{text} reads a reranker, and the suite has none; add `reranker:` to rag")
    if metric.stage in ANSWER_STAGES:
        mode = metric.mode or "retrieved"
        if mode not in rag.modes:
            raise ValueError(f"{text} reads mode {mode}, and the suite does not run it; add it to modes")


def _ceiling(suite: Suite, named: Sequence[Named]) -> list[Named]:
    """Recall at the depth that is reranked, beside any metric of the reranker: more it cannot reach."""
    rag = suite.rag
    if rag is None or not any(one.text.startswith("rerank.") for one in named):
        return []
    return [Named(f"retrieval.recall@{min(rag.rerank_depth, rag.depth)}", *rag.place)]


def _default_metrics(suite: Suite) -> list[Named]:
    """What a pipeline is measured by where the suite has no `metrics`."""
    rag = suite.rag
    if rag is None:
        return []
    names = [f"retrieval.recall@{rag.k}", f"retrieval.ndcg@{rag.k}", f"context.recall@{rag.context_tokens}t"]
    if "retrieved" in rag.modes:
        names += ["generation.em", "generation.f1", "generation.abstention", "citations.precision"]
    return [Named(name, *rag.place) for name in names]


def _scorer(text: str, name: MetricName, source: Source, scorers: Sequence[Scorer]) -> str:
    if source.of_row:
        if source.kind == "verdict" and not any(scorer.decides for scorer in scorers):
            raise ValueError(f"{text}: no scorer of the suite passes or fails; give one a `threshold:`")
        return ""
    wanted = name.params.get("scorer")
    names = [scorer.name for scorer in scorers]
    if wanted is not None and wanted not in names:
        help = did_you_mean(wanted, names) or "the suite has none"
        raise ValueError(f"{text}: unknown scorer {wanted!r} ({help})")
    named = [scorer for scorer in scorers if wanted in (None, scorer.name)]
    report = {"numbers": "numbers", "evidence": source.key}.get(source.kind)
    if report is None:
        if not named:
            raise ValueError(f"{text} reads a scorer, and the suite has none; add one, as `scorers: [exact]`")
        return named[0].name
    # A scorer of the team's own may report anything; the data show whether it does.
    able = [s for s in named if s.reports is None or report in s.reports]
    if not able:
        kind = SCORER_OF[report]
        if wanted is not None:
            raise ValueError(f"{text}: scorer {wanted!r} reports no {report}; use a `{kind}` scorer")
        raise ValueError(f"{text} reads a `{kind}` scorer, and the suite has none; add `{kind}` to scorers")
    sure = [scorer for scorer in able if scorer.reports is not None]
    return (sure or able)[0].name


def reported_needs(measures: Iterable[Measure], scorers: Sequence[Scorer]) -> dict[tuple[str, Source], str]:
    """What the metrics read beside scores, by scorer, each with the output field the scorer reads."""
    fields = fields_read(scorers)
    return {
        (m.scorer, m.spec.source): fields.get(m.scorer, "")
        for m in measures
        if m.spec.source.kind != "values" and (m.scorer or m.spec.source.of_row)
    }


def fields_read(scorers: Iterable[Scorer]) -> dict[str, str]:
    """The one output field that each scorer reads, by its name; empty where it reads all, or several."""
    return {s.name: s.fields_used[0] if len(s.fields_used) == 1 else "" for s in scorers}


def reads_target(needs: Iterable[tuple[str, Source]]) -> bool:
    """Whether a metric reads what the target reported of itself, beside its output."""
    return any(source.kind in ("confidence", "logprobs", "spent") for _, source in needs)
