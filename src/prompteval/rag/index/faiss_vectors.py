"""Vectors in memory, searched by FAISS."""

from typing import Any

from prompteval.core.errors import MissingExtra
from prompteval.rag.index.embedding import Floats, Places
from prompteval.workspace.rag_options import IndexKind

NEIGHBOURS = 32  # of HNSW, per node
BUILD_DEPTH = 200
FEWEST_NODES = 64
# FAISS trains a cell well from 39 vectors on (faiss.ClusteringParameters.min_points_per_centroid).
VECTORS_A_CELL = 39
# Of many cells an eighth is searched, of few at least so many.
FEWEST_CELLS_PROBED = 32


class FaissVectors:
    """See `VectorStore`. Raises MissingExtra without faiss."""

    def __init__(self, vectors: Floats, kind: IndexKind) -> None:
        self.vectors = vectors
        self._kind = kind
        self._faiss: Any = build_faiss(vectors, kind) if len(vectors) else None

    def nearest(self, queries: Floats, k: int) -> Places:
        if self._kind == "hnsw":
            self._faiss.hnsw.efSearch = search_depth(k)
        places: Places = self._faiss.search(queries, k)[1]
        return places

    def take(self, places: Places) -> Floats:
        found: Floats = self.vectors.take(places, axis=0)
        return found


def search_depth(k: int) -> int:
    """How many nodes HNSW keeps in view for k hits."""
    return max(FEWEST_NODES, 2 * k)


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
