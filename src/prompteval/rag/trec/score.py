"""Measures of a run over its queries, each mean with an interval, beside counts of what it is a mean of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prompteval.core.errors import UsageError
from prompteval.metrics.ranking import per_query, tie_sensitive
from prompteval.metrics.ranking_names import RankingMetric
from prompteval.rag.trec.join import Joined
from prompteval.stats.interval import Interval, t01

DEFAULT_METRICS = ("ndcg@10", "recall@10", "mrr", "map")


@dataclass(frozen=True, slots=True)
class TrecReport:
    """Means with `t01` intervals, each over `n` queries, and per query the values, None where undefined.

    `counts`: `judged` queries, `in_run` all queries of the run, `unjudged` those of them without a
    judgment, `missing` the judged queries the run lacks, `without_relevant` the judged queries with no
    relevant document, `tie_sensitive` the queries averaged over of which a value depends on the order of
    tied hits. `duplicates` are lines left out of the run.
    """

    metrics: Mapping[str, Interval]
    n: Mapping[str, int]
    counts: Mapping[str, int]
    duplicates: int
    queries: tuple[str, ...]
    values: Mapping[str, tuple[float | None, ...]]

    def as_json(self, *, with_queries: bool) -> dict[str, object]:
        """The answer of `trec --json`; a mean over no query is null, with the reason."""
        metrics: dict[str, Any] = {}
        for name, found in self.metrics.items():
            metrics[name] = {
                "value": found.value, "low": found.low, "high": found.high, "n": self.n[name],
                "method": found.method,
            }  # fmt: skip
            if found.reason:
                metrics[name]["reason"] = found.reason
        body: dict[str, object] = {
            "metrics": metrics,
            "queries": {**self.counts},
            "duplicates": self.duplicates,
        }
        if with_queries:
            body["per_query"] = {
                query: {name: values[at] for name, values in self.values.items()}
                for at, query in enumerate(self.queries)
            }
        return body


def score(joined: Joined, metrics: Sequence[RankingMetric], *, complete_only: bool = False) -> TrecReport:
    """The means over all judged queries with a relevant document, where a missing one scores 0.

    With `complete_only`, as trec_eval without -c, over the queries that are judged and in the run; those
    without a relevant document score 0. Raises UsageError for a gain the grades are too high for.
    """
    chosen = joined.in_run if complete_only else np.ones(len(joined.queries), dtype=bool)
    intervals: dict[str, Interval] = {}
    counted: dict[str, int] = {}
    values: dict[str, tuple[float | None, ...]] = {}
    for metric in metrics:
        found, defined = _values(joined, metric)
        within = chosen if complete_only else defined
        intervals[str(metric)] = t01(found[within], 0.0, 1.0)
        counted[str(metric)] = int(within.sum())
        shown = np.where(defined | complete_only, found, np.nan)[chosen].tolist()
        values[str(metric)] = tuple(None if value != value else value for value in shown)
    relevant = np.bincount(joined.judged.gold_query, minlength=len(joined.queries)) > 0
    counts = {
        "judged": len(joined.queries),
        "in_run": int(joined.in_run.sum()) + joined.unjudged,
        "unjudged": joined.unjudged,
        "missing": int((~joined.in_run).sum()),
        "without_relevant": int((~relevant).sum()),
        "tie_sensitive": int(tie_sensitive(joined.judged, metrics).sum()),
    }
    queries = tuple(query for query, taken in zip(joined.queries, chosen.tolist(), strict=True) if taken)
    return TrecReport(intervals, counted, counts, joined.duplicates, queries, values)


def _values(joined: Joined, metric: RankingMetric) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    try:
        return per_query(joined.judged, metric)
    except ValueError as error:
        raise UsageError(str(error)) from None
