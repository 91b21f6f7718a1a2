"""What all rerankers share: the order of equal scores, what is beyond their depth, saturation."""

from collections.abc import Mapping, Sequence

import numpy as np

from prompteval.core.protocols import Reranker
from prompteval.core.retrieval import Chunk, Ranking


class Unchanged:
    """`none`: the order in which the candidates came."""

    identity = "none"

    def rerank(self, query: str, chunks: Sequence[Chunk]) -> Ranking:
        return scored(chunks, [-float(place) for place in range(len(chunks))])


def scored(chunks: Sequence[Chunk], scores: Sequence[float]) -> Ranking:
    """The candidates by score; equal scores keep the order in which they came."""
    return Ranking.of((chunk.id, float(score)) for chunk, score in zip(chunks, scores, strict=True))


def rerank_top(
    reranker: Reranker, query: str, ranking: Ranking, chunks: Mapping[str, Chunk], depth: int
) -> Ranking:
    """The first `depth` candidates in their new order, the others behind them in their old one.

    The others' scores go down from the lowest by one each: they say the order and nothing else.
    """
    head, tail = ranking.hits[:depth], ranking.hits[depth:]
    new = reranker.rerank(query, [chunks[name] for name, _ in head])
    return followed(new, [name for name, _ in tail])


def followed(new: Ranking, rest: Sequence[str]) -> Ranking:
    """A ranking with more ids behind it, in their order."""
    lowest = min((score for _, score in new.hits), default=0.0)
    behind = [(name, lowest - place) for place, name in enumerate(rest, 1)]
    return Ranking.of([*new.hits, *behind])


def saturated(scores: Sequence[float]) -> int:
    """How many scores share their sigmoid, in 32-bit floats, with a neighbour: ties a logit may not have.

    A model that squashes its scores itself shows up by equal scores, one that gives logits by
    logits so large that thresholds and squashed scores no longer tell them apart.
    """
    logits = np.sort(np.asarray(scores, dtype=np.float32))
    with np.errstate(over="ignore"):
        squashed = (1 / (1 + np.exp(-logits))).astype(np.float32)
    same = squashed[1:] == squashed[:-1]
    tied = np.zeros(len(logits), dtype=bool)
    tied[1:] |= same
    tied[:-1] |= same
    return int(tied.sum())
