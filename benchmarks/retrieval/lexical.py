"""BM25 over synthetic chunks: ours beside the packages bm25s and rank_bm25, the same words, in turn.

    python benchmarks/retrieval/lexical.py [CHUNKS]      (default 100,000)

Words follow Zipf's law over 50,000. Queries are five words of the same law, four of the 50 commonest, four
of ranks 20 to 2,000, and four rarer than rank 1,000. bm25s is asked one query at a time, as a retriever is.
"""

import sys
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import bm25s
import numpy as np
import rank_bm25

from prompteval.core.retrieval import Chunk
from prompteval.rag.index.bm25 import Bm25Index
from prompteval.rag.index.bm25_postings import Bm25
from prompteval.rag.index.words import Words

VOCABULARY = 50_000
WORDS_A_CHUNK = 60
QUERIES = 200
# rank_bm25 takes a good part of a second for each at 100,000 chunks.
SLOW_QUERIES = 10
ROUNDS = 3


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    generator = np.random.default_rng(0)
    law = 1.0 / np.arange(1, VOCABULARY + 1)
    law /= law.sum()
    texts = [words(row) for row in generator.choice(VOCABULARY, size=(count, WORDS_A_CHUNK), p=law)]
    kinds = {
        "Zipf, 5 words": [generator.choice(VOCABULARY, size=5, p=law) for _ in range(QUERIES)],
        "the 50 commonest, 4 words": [generator.integers(0, 50, size=4) for _ in range(QUERIES)],
        "ranks 20 to 2,000, 4 words": [generator.integers(20, 2_000, size=4) for _ in range(QUERIES)],
        "rarer than rank 1,000, 4 words": [
            generator.integers(1_000, VOCABULARY, size=4) for _ in range(QUERIES)
        ],
    }
    plain = Words("none", "none")
    chunks = [Chunk(f"d{number}", 0, len(text), text) for number, text in enumerate(texts)]
    split = [text.split() for text in texts]
    ours, seconds = timed(lambda: Bm25Index.build(chunks, Bm25(words=plain)))
    fast, fast_seconds = timed(lambda: indexed(split))
    slow, slow_seconds = timed(lambda: rank_bm25.BM25Okapi(split))
    print(
        f"{count:,} chunks of {WORDS_A_CHUNK} words (synthetic); ms a query, best of {ROUNDS} rounds in turn"
    )
    print(f"indexing: ours {seconds:.1f} s, bm25s {fast_seconds:.1f} s, rank_bm25 {slow_seconds:.1f} s\n")
    print("| queries | k | ours | bm25s | × | rank_bm25 | × |")
    print("|---|---|---|---|---|---|---|")
    for name, rows in kinds.items():
        for k in (10, 100):
            row(name, k, [words(one) for one in rows], ours, fast, slow)


def row(name: str, k: int, queries: Sequence[str], ours: Bm25Index, fast: Any, slow: Any) -> None:
    split = [query.split() for query in queries]
    best = alternated(
        (lambda: [ours.search(query, k) for query in queries], len(queries)),
        (lambda: [fast.retrieve([query], k=k, show_progress=False) for query in split], len(queries)),
        (lambda: [top(slow.get_scores(query), k) for query in split[:SLOW_QUERIES]], SLOW_QUERIES),
    )
    mine, its, theirs = (seconds * 1e3 for seconds in best)
    print(
        f"| {name} | {k} | {mine:.3f} | {its:.3f} | {its / mine:.1f} | {theirs:.1f} | {theirs / mine:.0f} |"
    )


def top(scores: Any, k: int) -> Any:
    best = np.argpartition(scores, -k)[-k:]
    return best[np.argsort(-scores[best])]


def words(numbers: Any) -> str:
    return " ".join(f"w{number}" for number in numbers.tolist())


def indexed(split: list[list[str]]) -> Any:
    index = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
    index.index(split, show_progress=False)
    return index


def timed(build: Callable[[], Any]) -> tuple[Any, float]:
    started = perf_counter()
    built = build()
    return built, perf_counter() - started


def alternated(*calls: tuple[Callable[[], object], int]) -> list[float]:
    """The best seconds a query of each, run in turn, so that a busy machine slows all."""
    best = [float("inf")] * len(calls)
    for _ in range(ROUNDS):
        for place, (call, queries) in enumerate(calls):
            best[place] = min(best[place], timed(call)[1] / queries)
    return best


if __name__ == "__main__":
    main()
