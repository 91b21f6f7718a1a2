"""Stored runs as a list: a line for each, one more for each further result."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from prompteval.core.text import one_line, printable
from prompteval.report.format import number

_HEAD = f"{'run':22}  {'started':19}  {'result':12}  suite, prompt, model and deciding metric"
_INDENT = " " * 59


@dataclass(frozen=True, slots=True)
class ListedResult:
    """One (suite, target, model) with the metrics that decide a comparison, None where undefined."""

    suite: str
    target: str
    model: str
    metrics: Mapping[str, float | None]

    def as_json(self) -> dict[str, object]:
        """Keys of a result in `runs --json`."""
        return {
            "suite": self.suite,
            "prompt": self.target,
            "model": self.model,
            "metrics": dict(self.metrics),
        }


@dataclass(frozen=True, slots=True)
class ListedRun:
    """`state` is the verdict, `shard 1/4`, `unfinished` or `damaged`.

    `compared` is the side of a comparison that it was, `names` a team gave it: `baseline:NAME`; `part_of`
    says of a shard which one it is of which run.
    """

    run_id: str
    started: str
    state: str
    results: Sequence[ListedResult] = ()
    compared: str = ""
    damage: str = ""
    names: Sequence[str] = ()
    part_of: str = ""


def run_lines(runs: Sequence[ListedRun]) -> Iterator[str]:
    """The head, and each run."""
    yield f"{_HEAD}\n"
    for run in runs:
        start = f"{run.run_id:22}  {run.started[:19]:19}  {run.state:12}  "
        for text in _texts(run):
            yield printable(f"{start}{one_line(text)}".rstrip()) + "\n"
            start = _INDENT


def _texts(run: ListedRun) -> Sequence[str]:
    """What stands behind the start of a run, line by line."""
    if run.damage:
        return [run.damage, *run.names]
    texts = [
        f"{result.suite} {result.target} {result.model}{''.join(map(_score, result.metrics.items()))}"
        for result in run.results
    ]
    compared = f"side of a comparison: {run.compared}" if run.compared else ""
    return [*texts, *run.names, *filter(None, (compared, run.part_of))] or [""]


def _score(metric: tuple[str, float | None]) -> str:
    name, value = metric
    return f"  {name} {number(value)}"
