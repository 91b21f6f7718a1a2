"""Memory and time of BM25 over a million short chunks, never held at once, and of a stream of queries.

    python benchmarks/retrieval/million.py [CHUNKS]      (default 1,000,000)

The chunks are synthetic, 20 words by Zipf's law over 200,000. Peak memory is that of the process so far.
"""

import resource
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import numpy as np

from prompteval.core.retrieval import Chunk
from prompteval.rag.index.bm25 import Bm25Index
from prompteval.rag.index.bm25_persist import load_bm25, save_bm25
from prompteval.rag.index.bm25_postings import Bm25

VOCABULARY = 200_000
WORDS_A_CHUNK = 20
QUERIES = 2_000
K = 10


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    print(f"{count:,} chunks of {WORDS_A_CHUNK} words (synthetic)\n")
    print("| step | s | peak MB |")
    print("|---|---|---|")
    step("start", 0.0)
    started = perf_counter()
    for _ in chunks(count):
        pass
    making = perf_counter() - started
    started = perf_counter()
    index = Bm25Index.build(chunks(count), Bm25())
    step("index", perf_counter() - started - making)
    started = perf_counter()
    found = sum(len(ranking) for ranking in index.search_many(queries(QUERIES), K))
    step(f"{QUERIES:,} streamed queries", perf_counter() - started)
    with tempfile.TemporaryDirectory() as directory:
        started = perf_counter()
        save_bm25(index, Path(directory))
        step("save", perf_counter() - started)
        size = sum(path.stat().st_size for path in Path(directory).iterdir())
        del index
        started = perf_counter()
        loaded = load_bm25(Path(directory), Bm25())
        step("load", perf_counter() - started)
    print(f"\n{len(loaded.postings.places):,} postings, {size / 1e6:.0f} MB on disk, {found:,} hits")


def step(name: str, seconds: float) -> None:
    unit = 1024 if sys.platform == "linux" else 1024 * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    print(f"| {name} | {seconds:.1f} | {peak:.0f} |", flush=True)


def chunks(count: int) -> Iterator[Chunk]:
    for number, text in enumerate(lines(count, WORDS_A_CHUNK, seed=0)):
        yield Chunk(f"d{number}", 0, len(text), text)


def queries(count: int) -> Iterator[str]:
    return lines(count, 5, seed=1)


def lines(count: int, width: int, seed: int) -> Iterator[str]:
    """Texts of words by Zipf's law, drawn a few thousand at a time."""
    generator = np.random.default_rng(seed)
    upto = np.cumsum(1.0 / np.arange(1, VOCABULARY + 1))
    for start in range(0, count, 5_000):
        rows = generator.random((min(5_000, count - start), width)) * upto[-1]
        for numbers in np.searchsorted(upto, rows).tolist():
            yield " ".join(f"w{number}" for number in numbers)


if __name__ == "__main__":
    main()
