"""Metrics by their names: what each reads, its scale, how its interval is made, its parameters."""

from collections.abc import Iterator, Sequence

from prompteval.analysis.estimates import INTERVAL_WORDS
from prompteval.core.errors import PromptevalError
from prompteval.metrics import about
from prompteval.metrics.names import PARAMETERS, MetricName, takes_scorer
from prompteval.metrics.plugin import plugin_metric, plugin_metrics
from prompteval.metrics.ranking_names import MEASURES, WITHOUT_CUTOFF
from prompteval.metrics.ranking_names import STAGES as RANKING_STAGES
from prompteval.metrics.stage_names import MODES, parse_stage_metric
from prompteval.metrics.table import MetricSpec, metric_spec
from prompteval.plan.measures import SCORER_OF
from prompteval.reference.entry import Entry, Example, Fact, Group, Option, documented

FRAME = "metrics:\n  - {}"
KIND = "metric"
CUTOFF, BUDGET = "10", "2000t"


def metric_group() -> Group:
    """Every metric of this installation, those of stages after the others."""
    return Group("Metrics", "metrics", (*_own(), *_plugins(), *_ranking(), *_stages()))


def _own() -> Iterator[Entry]:
    for name, parameters in PARAMETERS.items():
        own = [*parameters, *(["scorer"] if takes_scorer(name) else [])]
        shown = [f"{key}={about.EXAMPLES[key]}".removesuffix("=") for key in parameters[:1]]
        text = f"{name}({shown[0]})" if shown else name
        yield _entry(name, about.ABOUT[name], metric_spec(MetricName(name)), own, text)
    for family, meaning in about.FAMILIES.items():
        text = f"{family[:-1]}3"
        facts = [Fact("name", "k is a whole number from 1; each case must run as often")]
        yield _entry(family, meaning, metric_spec(MetricName(text)), ["scorer"], text, facts)


def _plugins() -> Iterator[Entry]:
    for name in plugin_metrics():
        try:
            found = plugin_metric(name)
        except PromptevalError as error:
            yield Entry(name, KIND, str(error))
            continue
        entry = _entry(name, "", metric_spec(MetricName(name)), ["scorer"], name)
        yield documented(entry, found, FRAME)


def _ranking() -> Iterator[Entry]:
    for stage in RANKING_STAGES:
        for measure, parameters in MEASURES.items():
            name, facts = f"{stage}.{measure}@k", [Fact("name", "k is how many passages are read")]
            if measure in WITHOUT_CUTOFF:
                facts = [Fact("name", "without @k all passages are read")]
            text = f"{stage}.{measure}@{CUTOFF}"
            yield _of_stage(name, stage, about.RANKING[measure], text, parameters, facts)


def _stages() -> Iterator[Entry]:
    for stage, measures in about.STAGES.items():
        for measure, meaning in measures.items():
            name, text, facts = f"{stage}.{measure}", f"{stage}.{measure}", []
            if stage == "context":
                name, text = f"{name}@Nt", f"{text}@{BUDGET}"
                facts.append(Fact("name", "N is the budget in tokens"))
            else:
                modes = ", ".join(f"{mode}.{name}" for mode in MODES)
                facts.append(Fact("modes", f"the bare name is mode retrieved; others: {modes}"))
            own = ["lambda"] if measure == "abstention" else []
            yield _of_stage(name, stage, meaning, text, own, facts)


def _of_stage(
    name: str, stage: str, meaning: str, text: str, parameters: Sequence[str], facts: list[Fact]
) -> Entry:
    spec = metric_spec(MetricName(str(parse_stage_metric(text))))
    reads = [Fact("reads", about.STAGE_READS[stage])]
    return _entry(name, meaning, spec, parameters, text, facts, reads)


def _entry(
    name: str,
    meaning: str,
    spec: MetricSpec,
    parameters: Sequence[str],
    text: str,
    facts: Sequence[Fact] = (),
    reads: Sequence[Fact] = (),
) -> Entry:
    return Entry(
        name=name,
        kind=KIND,
        about=meaning,
        facts=(*facts, *(reads or [Fact("reads", _reads(spec))]), *_scale(spec)),
        options=tuple(Option(key, about.PARAMETERS[key]) for key in parameters),
        example=Example(FRAME.replace("{}", text), "yaml"),
        others=tuple(name.split("@")[:1]) if "." in name and "@" in name else (),
    )


def _reads(spec: MetricSpec) -> str:
    source = spec.source
    if source.kind == "evidence":
        return f"what a scorer `{SCORER_OF[source.key]}` reports"
    if source.kind == "values" and spec.kind in about.HAS_CLASSES:
        return about.READS_CLASSES
    if source.kind == "values" and spec.kind == "proportion":
        return about.READS_VERDICTS
    return about.READS[source.kind]


def _scale(spec: MetricSpec) -> Iterator[Fact]:
    if spec.kind != "breakdown":
        low, high = (None if end is None else f"{end:g}" for end in (spec.low, spec.high))
        ends = [f"from {low}" if low else "", f"to {high}" if high else ""]
        better = "higher is better" if spec.higher_is_better else "lower is better"
        yield Fact("scale", f"{' '.join(filter(None, ends)) or 'open'}; {better}")
    yield Fact("interval", INTERVAL_WORDS[spec.kind])
