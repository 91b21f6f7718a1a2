"""Dense search beside bare FAISS over the same vectors, batch and one by one; ratios of one run.

python benchmarks/dense/measure.py [VECTORS] [QUERIES]
"""

import sys
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import numpy as np

from prompteval.core.protocols import KeptVectors
from prompteval.rag.index.dense import KINDS, MARGIN, DenseIndex, IndexIdentity
from prompteval.rag.index.faiss_vectors import FaissVectors, build_faiss, search_depth

DIMENSION = 384
ROUNDS = 3


class NoEmbedder:
    """Queries are vectors already."""

    identity = "vectors"

    def embed(self, texts: Sequence[str]) -> tuple[Any, int]:
        raise AssertionError("nothing is encoded here")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    asked = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    vectors = unit(np.random.default_rng(0), count)
    queries = unit(np.random.default_rng(1), asked)
    print(f"{count:,} vectors of {DIMENSION}, {asked:,} queries (synthetic); seconds, best of {ROUNDS}\n")
    print("| index | k | FAISS, batch | ours | ratio | FAISS, one by one | ours | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for kind in KINDS:
        if kind == "hnsw" and count > 20_000:
            continue  # one thread builds it for minutes; give fewer vectors to see it
        bare = build_faiss(vectors, kind)
        names = [str(number) for number in range(count)]
        kept = KeptVectors(FaissVectors(vectors, kind), DIMENSION, 0)
        ours = DenseIndex(names, kept, NoEmbedder(), IndexIdentity("vectors", DIMENSION, kind, ""))
        for k in (10, 100):
            if kind == "hnsw":
                bare.hnsw.efSearch = search_depth(k + MARGIN)
            times = [*measured(bare, ours, queries, k), *measured(bare, ours, queries[:100], k, single=True)]
            shown = [f"{a:.3f} | {b:.3f} | {b / a:.2f}" for a, b in (times[:2], times[2:])]
            print(f"| {kind} | {k} | {' | '.join(shown)} |", flush=True)


def measured(bare: Any, ours: DenseIndex, queries: Any, k: int, single: bool = False) -> tuple[float, float]:
    """Best seconds of FAISS and of ours for all queries, together or one by one."""
    parts = [row[None] for row in queries] if single else [queries]
    return alternated(
        lambda: [bare.search(part, k) for part in parts],
        lambda: [ours.search_vectors(part, k) for part in parts],
    )


def unit(generator: np.random.Generator, count: int) -> Any:
    rows = generator.normal(size=(count, DIMENSION)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def alternated(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """The best seconds of each, run in turn, so that a busy machine slows both."""
    best = [float("inf"), float("inf")]
    for _ in range(ROUNDS):
        for place, call in enumerate((one, other)):
            started = perf_counter()
            call()
            best[place] = min(best[place], perf_counter() - started)
    return best[0], best[1]


if __name__ == "__main__":
    main()
