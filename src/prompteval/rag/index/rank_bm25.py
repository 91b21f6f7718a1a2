"""`bm25: {engine: rank_bm25}`: the package rank-bm25 itself behind our words, to compare with its users."""

import itertools
from collections.abc import Iterable
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np

from prompteval.core.errors import MissingExtra
from prompteval.core.retrieval import Chunk, Ranking
from prompteval.rag.index.bm25_postings import Bm25
from prompteval.rag.index.content import indexed_text


def require_rank_bm25() -> None:
    """Raises MissingExtra where the package is not installed."""
    if find_spec("rank_bm25") is None:
        raise MissingExtra("the engine rank_bm25", "rag")


def rank_bm25_version() -> str:
    """The release of the package: another one may rank otherwise."""
    return version("rank-bm25")


class RankBm25Index:
    """A Retriever over chunks by the package's BM25Okapi.

    The package scores every text; only texts that hold a word of the query are found, as with our own
    index. Equal scores are ordered by chunk id.
    """

    def __init__(self, chunks: Iterable[Chunk], how: Bm25, identity: str) -> None:
        """Raises MissingExtra where the package is not installed."""
        require_rank_bm25()
        from rank_bm25 import BM25Okapi

        self.identity = identity
        self._words = how.words
        named = [(chunk.id, how.words.of(indexed_text(chunk))) for chunk in chunks]
        self._ids, texts = [name for name, _ in named], [words for _, words in named]
        # The package divides by the mean length, which without a word is 0.
        self._model: Any = BM25Okapi(texts, k1=how.k1, b=how.b) if any(texts) else None

    def search(self, query: str, k: int) -> Ranking:
        """At most k chunk ids; fewer when no more chunks hold a word of the query."""
        words = self._words.of(query)
        if self._model is None or not words or k < 1:
            return Ranking(())
        with np.errstate(divide="ignore", invalid="ignore"):  # of texts without a word, which are not found
            scores = self._model.get_scores(words)
        wanted = set(words)
        found = [place for place, counts in enumerate(self._model.doc_freqs) if not wanted.isdisjoint(counts)]
        ranked = sorted((-float(scores[place]), self._ids[place]) for place in found)
        best = ranked[:k]
        tied = sum(one[0] == other[0] for one, other in itertools.pairwise(best))
        return Ranking(tuple((name, -score) for score, name in best), tied)
