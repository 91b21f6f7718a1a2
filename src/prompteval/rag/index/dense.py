"""Dense retrieval: unit vectors in FAISS, candidates scored again exactly."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from prompteval.core.errors import MissingExtra, RetrievalError, UsageError
from prompteval.core.problem import did_you_mean
from prompteval.core.protocols import Embedder
from prompteval.core.retrieval import Chunk, Ranking
from prompteval.rag.index.content import content_of, indexed_text
from prompteval.rag.index.embedding import Floats
from prompteval.workspace.rag_options import IndexKind

KINDS: tuple[IndexKind, ...] = get_args(IndexKind)
# FAISS's own sums may differ in their last digit and so in their order; so many more are scored again.
MARGIN = 16
NEIGHBOURS = 32  # of HNSW, per node
BUILD_DEPTH = 200
FEWEST_NODES = 64
# FAISS trains a cell well from 39 vectors on (faiss.ClusteringParameters.min_points_per_centroid).
VECTORS_A_CELL = 39
# Of many cells an eighth is searched, of few at least so many.
FEWEST_CELLS_PROBED = 32


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
        vectors: Floats,
        embedder: Embedder,
        identity: IndexIdentity,
        truncated: int = 0,
        query_embedder: Embedder | None = None,
    ) -> None:
        """`query_embedder` encodes queries where it is another than the one of the chunks."""
        self._ids = tuple(ids)
        self._names = np.array(self._ids, dtype=np.object_)
        self.vectors = vectors
        self._query_embedder = query_embedder or embedder
        self.index_identity = identity
        self.truncated = truncated
        self.truncated_queries = 0
        self._faiss: Any = build_faiss(vectors, identity.kind) if len(self._ids) else None

    @classmethod
    def build(
        cls,
        chunks: Sequence[Chunk],
        embedder: Embedder,
        kind: IndexKind = "flat",
        query_embedder: Embedder | None = None,
    ) -> "DenseIndex":
        """Encode the chunks and index them.

        Raises UsageError for an unknown kind of index, RetrievalError for a vector that holds NaN.
        """
        if kind not in KINDS:
            raise UsageError(f"unknown index {kind!r}", did_you_mean(kind, KINDS))
        vectors, truncated = embedder.embed([indexed_text(chunk) for chunk in chunks])
        vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        _refuse_nan(vectors)
        identity = IndexIdentity(embedder.identity, int(vectors.shape[1]), kind, content_of(chunks))
        return cls([chunk.id for chunk in chunks], vectors, embedder, identity, truncated, query_embedder)

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
        if queries.ndim != 2 or queries.shape[1] != self.index_identity.dimension:
            raise _other_dimension(self.index_identity.dimension, queries.shape[-1])
        _refuse_nan(queries)
        if not len(self) or k < 1:
            return [Ranking(()) for _ in queries]
        if self.index_identity.kind == "hnsw":
            self._faiss.hnsw.efSearch = self.search_depth(k)
        _, places = self._faiss.search(queries, min(k + MARGIN, len(self)))
        return [self._exact(query, row[row >= 0], k) for query, row in zip(queries, places, strict=True)]

    @staticmethod
    def search_depth(k: int) -> int:
        """How many nodes HNSW keeps in view for k hits."""
        return max(FEWEST_NODES, 2 * (k + MARGIN))

    def _exact(self, query: Floats, places: Any, k: int) -> Ranking:  # noqa: ANN401 - of faiss, without types
        """The candidates by their exact score, ties in corpus order.

        Each score is a sum over one row, so that it does not depend on what else is a candidate.
        """
        scores = np.einsum("ij,j->i", self.vectors.take(places, axis=0), query)
        order = np.lexsort((places, -scores))[:k]
        best = scores[order]
        names: list[str] = self._names.take(places[order]).tolist()
        tied = int((best[1:] == best[:-1]).sum())
        return Ranking(tuple(zip(names, best.tolist(), strict=True)), tied)


def build_faiss(vectors: Floats, kind: IndexKind) -> object:
    """A FAISS index by inner product. Raises MissingExtra without faiss."""
    try:
        import faiss
    except ModuleNotFoundError:
        raise MissingExtra("dense retrieval", "rag") from None
    count, dimension = vectors.shape
    index: object
    if kind == "hnsw":
        index = faiss.IndexHNSWFlat(dimension, NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = BUILD_DEPTH
        # Several threads would make another graph each time, and so other rankings.
        threads = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)
        index.add(vectors)
        faiss.omp_set_num_threads(threads)
        return index
    if kind == "ivf":
        cells = max(1, min(int(count**0.5), count // VECTORS_A_CELL))
        index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dimension), dimension, cells, faiss.METRIC_INNER_PRODUCT)
        index.nprobe = max(FEWEST_CELLS_PROBED, cells // 8)
        index.train(vectors)
    else:
        index = faiss.IndexFlatIP(dimension)
    index.add(vectors)
    return index


def _other_dimension(expected: int, found: int) -> UsageError:
    message = f"the index has vectors of {expected} dimensions, the model gives {found}"
    return UsageError(message, "rebuild the index with this model, or use the model it was built with")


def _refuse_nan(vectors: Floats) -> None:
    if not np.isfinite(vectors).all():
        raise RetrievalError("the encoder gave a vector that holds NaN or infinities")
