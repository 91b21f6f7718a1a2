"""Hybrid retrieval against its parts, and the reranker with and without, paired query by query.

    python benchmarks/retrieval/hybrid.py [cranfield] [cisi] [--cache FOLDER]

Each document of the collection is one chunk. Embeddings are kept in the cache directory, so that a second run
encodes nothing.
"""

import argparse
import csv
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prompteval.core.protocols import Reranker
from prompteval.core.retrieval import Chunk, Ranking
from prompteval.metrics.judged import GoldGroup, judge
from prompteval.metrics.ranking import per_query
from prompteval.metrics.ranking_names import parse_ranking_metric
from prompteval.providers.local.embedder import MiniLMEmbedder
from prompteval.providers.local.weights import find_weights
from prompteval.rag.index.bm25 import Bm25Index
from prompteval.rag.index.dense import DenseIndex
from prompteval.rag.index.embedding import CachedEmbedder, CachedTokenEmbedder
from prompteval.rag.index.hybrid import Hybrid
from prompteval.rag.rerank.late_interaction import LateInteraction
from prompteval.rag.rerank.order import rerank_top
from prompteval.stats.interval import t01
from prompteval.stats.paired.decision import DecisionRule, decide
from prompteval.stats.paired.values import compare_values
from prompteval.store.blob_cache import SqliteBlobCache

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
DEPTH, RERANKED = 100, 50
METRICS = ("ndcg@10", "recall@10", "recall@50", "recall@100", "mrr", "map")
DECIDING = ("ndcg@10", "recall@10")
# What is compared: the second against the first.
PAIRS = (
    ("bm25", "hybrid"),
    ("dense", "hybrid"),
    ("bm25", "bm25 + late interaction"),
    ("dense", "dense + late interaction"),
    ("hybrid", "hybrid + late interaction"),
)
Values = dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents as chunks, judged queries by id, and their relevant documents."""

    chunks: tuple[Chunk, ...]
    queries: Mapping[str, str]
    relevant: Mapping[str, Mapping[str, int]]


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("names", nargs="*", default=["cranfield", "cisi"])
    options.add_argument("--cache", type=Path, default=Path(".prompteval"))
    chosen = options.parse_args()
    cache = SqliteBlobCache(chosen.cache / "vectors.sqlite")
    model = MiniLMEmbedder(find_weights("minilm", Path.cwd()))
    embedder, tokens = CachedEmbedder(model, cache), CachedTokenEmbedder(model, cache)
    for name in chosen.names:
        if not (DATA / name).is_dir():
            sys.exit(f"skipped: {DATA / name} is not here")
        found = collection(name)
        rankings, cut = ranked(found, embedder, LateInteraction(tokens))
        print(f"\n{name}: {len(found.chunks):,} documents, {len(found.queries)} judged queries, {cut} cut\n")
        values = {system: measured(found, one) for system, one in rankings.items()}
        print_means(values)
        print_pairs(values)
    cache.close()
    print(f"\n{embedder.encoded + tokens.encoded:,} texts encoded in this run.")


def collection(name: str) -> Collection:
    """Grades above 0 are relevant; those of Cranfield are documented in opposite directions."""
    directory = DATA / name
    rows = [
        json.loads(line) for line in (directory / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    asked = [
        json.loads(line) for line in (directory / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    chunks = tuple(Chunk(row["_id"], 0, len(row["text"]), row["text"], row["title"]) for row in rows)
    names = {chunk.doc_id: chunk.id for chunk in chunks}
    relevant: dict[str, dict[str, int]] = {}
    with (directory / "qrels" / "test.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            grade = min(int(row["score"]), 1)
            relevant.setdefault(row["query-id"], {})[names[row["corpus-id"]]] = grade
    judged = {row["_id"]: row["text"] for row in asked if row["_id"] in relevant}
    return Collection(chunks, judged, relevant)


def ranked(
    found: Collection, embedder: CachedEmbedder, reranker: Reranker
) -> tuple[dict[str, list[Ranking]], int]:
    """Every system's ranking of every query, and how many documents the encoder did not see whole."""
    bm25, dense = Bm25Index.build(found.chunks), DenseIndex.build(found.chunks, embedder)
    retrievers = {"bm25": bm25, "dense": dense, "hybrid": Hybrid([bm25, dense], depth=DEPTH)}
    by_id = {chunk.id: chunk for chunk in found.chunks}
    rankings: dict[str, list[Ranking]] = {}
    for name, retriever in retrievers.items():
        plain = [retriever.search(query, DEPTH) for query in found.queries.values()]
        rankings[name] = plain
        rankings[f"{name} + late interaction"] = [
            rerank_top(reranker, query, ranking, by_id, RERANKED)
            for query, ranking in zip(found.queries.values(), plain, strict=True)
        ]
    return rankings, dense.truncated


def measured(found: Collection, rankings: Sequence[Ranking]) -> Values:
    judged = judge(
        rankings,
        [
            [GoldGroup({name: grade}, grade) for name, grade in found.relevant[query].items() if grade >= 1]
            for query in found.queries
        ],
    )
    values = {}
    for name in METRICS:
        value, defined = per_query(judged, parse_ranking_metric(name, ()))
        values[name] = value[defined]
    return values


def print_means(values: Mapping[str, Values]) -> None:
    print(f"| system | {' | '.join(METRICS)} |")
    print("|---" * (len(METRICS) + 1) + "|")
    for system, found in values.items():
        means = [t01(found[name], 0.0, 1.0) for name in METRICS]
        print(f"| {system} | {' | '.join(f'{m.value:.3f} [{m.low:.3f}, {m.high:.3f}]' for m in means)} |")


def print_pairs(values: Mapping[str, Values]) -> None:
    """One family for Holm: all pairs, both deciding metrics."""
    wanted = [(metric, a, b) for metric in DECIDING for a, b in PAIRS]
    pairs = [
        compare_values(metric, values[a][metric], values[b][metric], low=0.0, high=1.0, seed=0)
        for metric, a, b in wanted
    ]
    print(f"\n| {' | '.join(('metric', 'B', 'against A', 'B - A', 'p', 'Holm p', 'verdict'))} |")
    print("|---" * 7 + "|")
    for (metric, a, b), one in zip(wanted, decide(pairs, [DecisionRule()] * len(pairs)), strict=True):
        difference = f"{one.delta:+.3f} [{one.low:+.3f}, {one.high:+.3f}]"
        columns = (metric, b, a, difference, f"{one.p:.4f}", f"{one.p_adjusted:.4f}", one.verdict.value)
        print(f"| {' | '.join(columns)} |")


if __name__ == "__main__":
    main()
