"""Dense retrieval: unit vectors in a store, whose candidates are scored again exactly."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from prompteval.core.errors import RetrievalError, UsageError
from prompteval.core.problem import did_you_mean
from prompteval.core.protocols import Embedder, KeptVectors, VectorStores
from prompteval.core.retrieval import Chunk, Ranking
from prompteval.rag.index.content import content_of, indexed_text
from prompteval.rag.index.embedding import Floats, Places
from prompteval.rag.index.faiss_vectors import FaissVectors
from prompteval.workspace.rag_options import IndexKind

OTHER_MODEL = "or use the model it was built with"
KINDS: tuple[IndexKind, ...] = get_args(IndexKind)
# A store's own sums may differ in their last digit and so in their order; so many more are scored again.
MARGIN = 16


@dataclass(frozen=True, slots=True)
class IndexIdentity:
    """What an index was built from; another in any part is another index."""

    model: str
    dimension: int
    kind: IndexKind
    content: str

    @property
    def text(self) -> str:
        return f"dense({self.kind},{self.model},{self.dimension},{self.content})"


class DenseIndex:
    """A Retriever over the chunks of one chunking, by cosine similarity.

    `truncated` counts the chunks longer than the encoder's window, `truncated_queries` the queries
    so far. Equal scores keep the order of the chunks. An empty query finds nothing.
    """

    def __init__(
        self,
        ids: Sequence[str],
        kept: KeptVectors,
        embedder: Embedder,
        identity: IndexIdentity,
        query_embedder: Embedder | None = None,
    ) -> None:
        """`kept` has the vector of each id at its place; `query_embedder` is of queries, if another."""
        self._ids = tuple(ids)
        self._names = np.array(self._ids, dtype=np.object_)
        self._kept = kept
        self.store = kept.store
        self._query_embedder = query_embedder or embedder
        self.index_identity = identity
        self.truncated = kept.truncated
        self.truncated_queries = 0

    @classmethod
    def build(
        cls,
        chunks: Sequence[Chunk],
        embedder: Embedder,
        kind: IndexKind = "flat",
        query_embedder: Embedder | None = None,
        stores: VectorStores | None = None,
        content: str | None = None,
    ) -> "DenseIndex":
        """Encode the chunks and index them; in `stores`, where they may be kept already, or in memory.

        Nothing is encoded where they are kept. `content` is the fingerprint of the chunks, where it is known.
        Raises UsageError for an unknown kind of index, RetrievalError for a vector that holds NaN.
        """
        if kind not in KINDS:
            raise UsageError(f"unknown index {kind!r}", did_you_mean(kind, KINDS))
        content = content or content_of(chunks)
        key = f"{kind},{embedder.identity},{content}"
        kept = stores.find(key) if stores is not None else None
        if kept is None:
            vectors, truncated = embedder.embed([indexed_text(chunk) for chunk in chunks])
            vectors = np.ascontiguousarray(vectors, dtype=np.float32)
            _refuse_nan(vectors)
            if stores is None:
                kept = KeptVectors(FaissVectors(vectors, kind), int(vectors.shape[1]), truncated)
            else:
                kept = stores.build(key, vectors, kind, truncated)
        identity = IndexIdentity(embedder.identity, kept.dimension, kind, content)
        return cls([chunk.id for chunk in chunks], kept, embedder, identity, query_embedder)

    @property
    def identity(self) -> str:
        return self.index_identity.text

    @property
    def ids(self) -> tuple[str, ...]:
        return self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def search(self, query: str, k: int) -> Ranking:
        """At most k chunk ids by cosine similarity; fewer when the corpus has no more."""
        return self.search_many([query], k)[0]

    def search_many(self, queries: Sequence[str], k: int) -> list[Ranking]:
        """One ranking a query, in order; the queries are encoded and looked up together."""
        asked = [query for query in queries if query.strip()]
        if not asked or not len(self) or k < 1:
            return [Ranking(()) for _ in queries]
        vectors, truncated = self._query_embedder.embed(asked)
        self.truncated_queries += truncated
        found = iter(self.search_vectors(np.ascontiguousarray(vectors, dtype=np.float32), k))
        return [next(found) if query.strip() else Ranking(()) for query in queries]

    def search_vectors(self, queries: Floats, k: int) -> list[Ranking]:
        """Rankings for query vectors of shape (queries, dimension).

        Raises UsageError for another dimension, RetrievalError for a vector that holds NaN.
        """
        refuse_other_dimension(queries, self._kept.dimension, self._kept.place, self._kept.rebuild)
        _refuse_nan(queries)
        if not len(self) or k < 1:
            return [Ranking(()) for _ in queries]
        places = self.store.nearest(queries, min(k + MARGIN, len(self)))
        return [self._exact(query, row[row >= 0], k) for query, row in zip(queries, places, strict=True)]

    def _exact(self, query: Floats, places: Places, k: int) -> Ranking:
        """The candidates by their exact score, ties in corpus order.

        Each score is a sum over one row, so that it does not depend on what else is a candidate.
        """
        scores = np.einsum("ij,j->i", self.store.take(places), query)
        order = np.lexsort((places, -scores))[:k]
        best = scores[order]
        names: list[str] = self._names.take(places[order]).tolist()
        tied = int((best[1:] == best[:-1]).sum())
        return Ranking(tuple(zip(names, best.tolist(), strict=True)), tied)


def refuse_other_dimension(queries: Floats, expected: int, place: str, rebuild: str) -> None:
    """Raise UsageError unless query vectors are of shape (queries, expected); `place` is empty for memory."""
    if queries.ndim == 2 and queries.shape[1] == expected:
        return
    message = f"the index has {expected} dimensions, the model gives {queries.shape[-1]}"
    raise UsageError(f"{place}: {message}" if place else message, f"{rebuild}, {OTHER_MODEL}")


def _refuse_nan(vectors: Floats) -> None:
    if not np.isfinite(vectors).all():
        raise RetrievalError("the encoder gave a vector that holds NaN or infinities")
