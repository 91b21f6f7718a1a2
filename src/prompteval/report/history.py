"""What a suite's metrics were over its runs."""

from collections.abc import Mapping
from dataclasses import dataclass

from prompteval.core.verdict import Estimate
from prompteval.report.result_view import FlakyCase


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """One run of a line. `estimates` are by metric; `unstable` are the cases whose repeats differed.

    `commit` is empty outside git; `is_baseline` says that the suite's baseline is of this run. `partial` is
    `shard 1/4`, or `selection`, for a run of some of the cases; empty for one of them all. `stopped` is
    `40 of 100 cases` for one that `--stop-early` ended before its last case.
    """

    run_id: str
    started: str
    commit: str
    version: str
    verdict: str
    estimates: Mapping[str, Estimate]
    unstable: tuple[FlakyCase, ...] = ()
    is_baseline: bool = False
    partial: str = ""
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A suite with one prompt and model over its runs, the oldest first.

    `metrics` are those that decide, else the first one; `limits` has by metric the thresholds of the last
    run's gates, of those with all cases where there is one.
    """

    suite: str
    prompt: str
    model: str
    metrics: tuple[str, ...]
    limits: Mapping[str, tuple[float, ...]]
    points: tuple[HistoryPoint, ...]
