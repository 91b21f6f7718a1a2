"""Several rankings of one query into one: by rank (RRF), or by weighted, normalised scores."""

from collections.abc import Sequence
from statistics import fmean, pstdev
from typing import Literal

from prompteval.core.retrieval import Ranking

RRF_CONSTANT = 60
Scale = Literal["minmax", "zscore"]


def reciprocal_rank_fusion(rankings: Sequence[Ranking], constant: int = RRF_CONSTANT) -> Ranking:
    """Σ 1/(constant + rank) over the rankings, rank from 1, absent = 0.

    (Cormack, Clarke and Büttcher 2009, SIGIR, with constant 60.) Equal sums keep the order in which
    the ids first come, by rank and then by ranking.
    """
    totals = dict.fromkeys(_by_rank(rankings), 0.0)
    for ranking in rankings:
        for rank, name in enumerate(ranking.ids, 1):
            totals[name] += 1.0 / (constant + rank)
    return Ranking.of(totals.items())


def weighted_fusion(
    rankings: Sequence[Ranking], weights: Sequence[float], scale: Scale = "minmax"
) -> Ranking:
    """Σ weight × normalised score, per query; an absent id has 0, or the least score where that is lower.

    `minmax` maps a ranking's scores to 0..1, and all to 1 where they are equal (one hit, say);
    `zscore` subtracts the mean and divides by the standard deviation, and gives 0 where that is 0.
    Raises ValueError unless there is one weight, not negative, a ranking, and one above 0.
    """
    if len(weights) != len(rankings) or min(weights, default=0) < 0 or not sum(weights):
        raise ValueError(
            f"{len(rankings)} rankings need as many weights from 0, one above it: {list(weights)}"
        )
    totals = dict.fromkeys(_by_rank(rankings), 0.0)
    for ranking, weight in zip(rankings, weights, strict=True):
        scores = _normalised([score for _, score in ranking.hits], scale)
        found = dict(zip(ranking.ids, scores, strict=True))
        absent = min(0.0, *scores) if scores else 0.0
        for name in totals:
            totals[name] += weight * found.get(name, absent)
    return Ranking.of(totals.items())


def _by_rank(rankings: Sequence[Ranking]) -> list[str]:
    """Every id once: those at rank 1 of each ranking, then rank 2, and so on."""
    deepest = max(map(len, rankings), default=0)
    return [ranking.hits[at][0] for at in range(deepest) for ranking in rankings if at < len(ranking)]


def _normalised(scores: Sequence[float], scale: Scale) -> list[float]:
    if not scores:
        return []
    if scale == "zscore":
        mean, spread = fmean(scores), pstdev(scores)
        return [(score - mean) / spread if spread else 0.0 for score in scores]
    low, high = min(scores), max(scores)
    return [(score - low) / (high - low) if high > low else 1.0 for score in scores]
