"""Ranking measures per query, for many queries at once.

Definitions as trec_eval where it has them: nDCG with linear gain and discount log2(rank + 1), its
ideal from the judgments (Järvelin and Kekäläinen 2002); average precision divided by all relevant;
precision divided by k. With AND-groups a hit gains only for groups that no earlier hit covered; a
hit that covers several new groups fills as many places, so that no value passes 1: the j-th group
covered counts at rank max(rank of its hit, j).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from prompteval.core.retrieval import Ranking
from prompteval.metrics.judged import GoldGroup, Ints, Judged, judge, position_within, reordered
from prompteval.metrics.ranking_names import RankingMetric

Floats = NDArray[np.float64]
# 2^grade - 1 is exact below this, and far from infinity.
GREATEST_EXPONENTIAL_GRADE = 50
_SAME = 1e-12


def per_query(judged: Judged, metric: RankingMetric) -> tuple[Floats, NDArray[np.bool_]]:
    """(values, defined), both of shape (queries,).

    A query without a relevant group has no value: `defined` is False and the value 0. A query with
    relevant groups and no hit scores 0. Raises ValueError for gain=exp with a grade above 50.
    """
    if metric.measure == "ndcg":
        return _ndcg(judged, metric)
    relevant = judged.gold_grade >= metric.grade
    total = np.bincount(judged.gold_query[relevant], minlength=judged.queries)
    covering = judged.take(judged.grade >= metric.grade)
    k = metric.k if metric.k is not None else np.iinfo(np.int64).max
    values = {
        "recall": _recall,
        "rcap": _rcap,
        "hit": _hit,
        "precision": _precision,
        "mrr": _reciprocal_rank,
        "map": _average_precision,
    }[metric.measure](covering, total, k)
    return values, total > 0


def of_one(ranking: Ranking, gold: Sequence[GoldGroup], metric: RankingMetric) -> float | None:
    """The value of one query, 0 to 1; None where nothing is relevant. Many at once: `per_query`."""
    values, defined = per_query(judge([ranking], [gold]), metric)
    return float(values[0]) if defined[0] else None


def tie_sensitive(judged: Judged, metrics: Sequence[RankingMetric]) -> NDArray[np.bool_]:
    """For each query, whether any metric differs between the best and the worst order of its ties."""
    changes = np.zeros(judged.queries, dtype=bool)
    if not (judged.tie_size > 1).any():
        return changes
    best, worst = reordered(judged, best=True), reordered(judged, best=False)
    for metric in metrics:
        changes |= np.abs(per_query(best, metric)[0] - per_query(worst, metric)[0]) > _SAME
    return changes


def _ndcg(judged: Judged, metric: RankingMetric) -> tuple[Floats, NDArray[np.bool_]]:
    new, place = _newly_covered(judged)
    ideal = np.lexsort((-judged.gold_grade, judged.gold_query))
    ideal_query = judged.gold_query[ideal]
    gained = _discounted(judged, new.query, new.grade, place, metric)
    possible = _discounted(
        judged, ideal_query, judged.gold_grade[ideal], position_within(ideal_query) + 1, metric
    )
    return _ratio(gained, possible), possible > 0


def _discounted(judged: Judged, query: Ints, grade: Ints, place: Ints, metric: RankingMetric) -> Floats:
    """Discounted cumulative gain of each query down to the cut-off."""
    gain = grade.astype(np.float64)
    if metric.gain == "exp":
        if len(grade) and int(grade.max()) > GREATEST_EXPONENTIAL_GRADE:
            raise ValueError(
                f"{metric}: 2^grade - 1 is for grades up to {GREATEST_EXPONENTIAL_GRADE}, "
                f"and the judgments have {int(grade.max())}"
            )
        gain = np.exp2(gain) - 1.0
    if metric.k is not None:
        near = place <= metric.k
        query, gain, place = query[near], gain[near], place[near]
    return np.bincount(query, gain / np.log2(place + 1.0), minlength=judged.queries).astype(np.float64)


def _newly_covered(judged: Judged) -> tuple[Judged, Ints]:
    """The first covering of every group, and the rank at which it counts."""
    _, first = np.unique(judged.group, return_index=True)
    new = judged.take(np.sort(first))
    return new, np.maximum(new.rank, position_within(new.query) + 1)


def _recall(covering: Judged, total: Ints, k: int) -> Floats:
    new, _ = _newly_covered(covering)
    return _ratio(_count(new.query[new.rank <= k], total), total)


def _rcap(covering: Judged, total: Ints, k: int) -> Floats:
    new, _ = _newly_covered(covering)
    return _ratio(np.minimum(_count(new.query[new.rank <= k], total), k), np.minimum(total, k))


def _hit(covering: Judged, total: Ints, k: int) -> Floats:
    return (_count(covering.query[covering.rank <= k], total) > 0).astype(np.float64)


def _precision(covering: Judged, total: Ints, k: int) -> Floats:
    hits = position_within(covering.query * (int(covering.rank.max(initial=0)) + 1) + covering.rank) == 0
    return _count(covering.query[hits & (covering.rank <= k)], total) / float(k)


def _reciprocal_rank(covering: Judged, total: Ints, k: int) -> Floats:
    values = np.zeros(len(total))
    first = (position_within(covering.query) == 0) & (covering.rank <= k)
    values[covering.query[first]] = 1.0 / covering.rank[first]
    return values


def _average_precision(covering: Judged, total: Ints, k: int) -> Floats:
    new, place = _newly_covered(covering)
    precision = (position_within(new.query) + 1.0) / place
    near = place <= k
    return _ratio(np.bincount(new.query[near], precision[near], minlength=len(total)), total)


def _count(query: Ints, total: Ints) -> Ints:
    return np.bincount(query, minlength=len(total))


def _ratio(above: Ints | Floats, below: Ints | Floats) -> Floats:
    return np.divide(above, below, out=np.zeros(len(below)), where=below > 0)
