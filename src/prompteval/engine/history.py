"""The metrics of stored runs over time, suite by suite."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prompteval.analysis.baselines.file import baseline_run
from prompteval.core.errors import PromptevalError
from prompteval.engine.run_list import newest_runs
from prompteval.engine.stored import results_of
from prompteval.plan.run_options import narrowed, shard_of
from prompteval.report.history import HistoryLine, HistoryPoint
from prompteval.report.result_view import ResultView
from prompteval.stats.gate import parse_gate
from prompteval.store.records import RunRecord
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import WorkingTree

_Key = tuple[str, str, str]


def history(workspace: Workspace, limit: int) -> list[HistoryLine]:
    """A line for each (suite, prompt name, model) of the newest `limit` runs that have ended.

    Damaged runs, unfinished ones and those that a comparison ran beside the working tree are left out.
    """
    points: dict[_Key, list[HistoryPoint]] = {}
    last: dict[_Key, tuple[ResultView, Sequence[str]]] = {}
    baselines: dict[str, str] = {}
    for record in reversed(newest_runs(workspace, limit)):
        for result in () if record.manifest.get("side") else results_of(record):
            key = (result.suite, result.prompt.partition("@")[0], result.model)
            if result.suite not in baselines:
                baselines[result.suite] = _baseline(workspace, result.suite)
            before = points.setdefault(key, [])
            before.append(_point(record, result, baselines[result.suite]))
            if before[-1].partial and not all(point.partial for point in before):
                continue  # the last run of all cases says which metrics and limits are drawn
            last[key] = (result, record.manifest.get("suites", {}).get(result.suite, {}).get("primary", ()))
    return [_line(key, points[key], *last[key]) for key in sorted(points)]


def _point(record: RunRecord, result: ResultView, baseline: str) -> HistoryPoint:
    git: Mapping[str, Any] = record.manifest.get("git") or {}
    changed = "+" if git.get("dirty") else ""
    commit = str(git.get("commit") or "")[:10]
    return HistoryPoint(
        record.run_id,
        record.started[:19],
        commit and f"{commit}{changed}",
        result.shown_prompt,
        record.verdict or "",
        result.metrics,
        result.flaky,
        record.run_id == baseline,
        _partial(record),
        _stopped(result),
    )


def _stopped(result: ResultView) -> str:
    """How far a run got that ended before its last case; empty for one that ran them all."""
    if not result.saved:
        return ""
    return f"{result.stop_early['cases']:,} of {result.stop_early['of']:,} cases"


def _partial(record: RunRecord) -> str:
    """Which part of the cases a run was asked for; empty for all of them."""
    options = record.manifest.get("options")
    if not narrowed(options):
        return ""
    shard = shard_of(options)
    return "selection" if shard is None else f"shard {shard}"


def _line(
    key: _Key, points: Sequence[HistoryPoint], newest: ResultView, primary: Sequence[str]
) -> HistoryLine:
    metrics = tuple(name for name in primary if name in newest.metrics) or tuple(newest.metrics)[:1]
    limits: dict[str, tuple[float, ...]] = {}
    for metric, threshold in _limits(newest):
        limits[metric] = (*limits.get(metric, ()), threshold)
    return HistoryLine(*key, metrics, limits, tuple(points))


def _limits(result: ResultView) -> Iterator[tuple[str, float]]:
    """(metric, threshold) of each rule on a metric's own value, over all cases."""
    for gate in result.gates:
        try:
            rule = parse_gate(gate.rule)
        except ValueError:  # it compares
            continue
        if rule.tag is None and rule.end == "value":
            yield rule.metric, rule.threshold


def _baseline(workspace: Workspace, suite: str) -> str:
    try:
        return baseline_run(WorkingTree(workspace.root), suite)
    except PromptevalError:
        return ""
