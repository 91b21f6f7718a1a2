"""Metrics as a suite names them, each bound to the scorer it reads."""

from collections.abc import Sequence
from dataclasses import dataclass

from prompteval.core.problem import did_you_mean
from prompteval.core.protocols import Scorer
from prompteval.engine.problems import Problems
from prompteval.metrics.names import MetricName, parse_metric
from prompteval.metrics.table import MetricSpec, metric_spec
from prompteval.workspace.suite import Suite


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric of a suite: its canonical text, what it computes, which scorer it reads."""

    text: str
    name: MetricName
    spec: MetricSpec
    scorer: str


def plan_measures(suite: Suite, scorers: Sequence[Scorer], problems: Problems) -> tuple[Measure, ...]:
    """The suite's metrics in order, without repeats; what cannot be read is noted at its line."""
    found: dict[str, Measure] = {}
    for named in (*suite.metrics, *suite.primary):
        measure = problems.catch(suite.path, (named.line, named.col), "PE226", bind, named.text, scorers)
        if measure is not None:
            found.setdefault(measure.text, measure)
    return tuple(found.values())


def bind(text: str, scorers: Sequence[Scorer]) -> Measure:
    """A metric name with its scorer: the one in `scorer=`, else the first.

    Raises ValueError for an unknown metric, parameter or scorer, naming the nearest.
    """
    name = parse_metric(text)
    names = [scorer.name for scorer in scorers]
    wanted = name.params.get("scorer")
    if wanted is not None and wanted not in names:
        raise ValueError(f"{text}: there is no scorer {wanted!r} ({did_you_mean(str(wanted), names)})")
    scorer = str(wanted) if wanted is not None else (names[0] if names else "")
    return Measure(str(name), name, metric_spec(name), scorer)
