"""Cranfield and CISI by BM25: published figures, and every measure equal to trec_eval on each query."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytrec_eval

from prompteval.core.retrieval import Chunk, Ranking
from prompteval.metrics.judged import judge
from prompteval.metrics.ranking import per_query
from prompteval.metrics.ranking_names import parse_ranking_metric
from prompteval.rag.index.bm25 import Bm25Index
from prompteval.rag.index.bm25_postings import Bm25
from prompteval.rag.index.words import Words
from tests.metrics.builders import plain_gold

DATA = Path(__file__).parents[3] / ".." / "shared" / "data"
NAMES = {
    "ndcg@10": "ndcg_cut_10", "ndcg": "ndcg", "map": "map", "recall@10": "recall_10",
    "recall@100": "recall_100", "recall@1000": "recall_1000", "mrr": "recip_rank", "precision@10": "P_10",
}  # fmt: skip
PUBLISHED = {
    "cranfield": [0.3596, 0.5302, 0.2774, 0.3801, 0.6959, 0.9647, 0.5008, 0.2244],
    "cisi": [0.3495, 0.5500, 0.1866, 0.1214, 0.4081, 0.8970, 0.6268, 0.3026],
}


def collection(name: str) -> tuple[list[Chunk], dict[str, str], dict[str, dict[str, int]]]:
    """Chunks, a document each; queries; judgments."""
    directory = DATA / name
    if not directory.exists():
        pytest.skip(f"../shared/data/{name} is absent")
    rows = [json.loads(line) for line in (directory / "corpus.jsonl").read_text().splitlines()]
    asked = [json.loads(line) for line in (directory / "queries.jsonl").read_text().splitlines()]
    qrels: dict[str, dict[str, int]] = {}
    with (directory / "qrels" / "test.tsv").open() as file:
        for row in csv.DictReader(file, delimiter="\t"):
            qrels.setdefault(row["query-id"], {})[row["corpus-id"]] = int(row["score"])
    chunks = [Chunk(row["_id"], 0, len(row["text"]), row["text"], row["title"]) for row in rows]
    return chunks, {row["_id"]: row["text"] for row in asked}, qrels


@pytest.mark.parametrize("name", ["cranfield", "cisi"])
@pytest.mark.parametrize("decimals", [9, 1])
def test_figures_are_the_published_and_each_query_is_trec_eval_s(name: str, decimals: int) -> None:
    """Without stems and stop words, k1 1.2; scores rounded to one decimal tie by the dozen."""
    chunks, queries, qrels = collection(name)
    index = Bm25Index.build(chunks, Bm25(k1=1.2, words=Words("none", "none")))
    document = {chunk.id: chunk.doc_id for chunk in chunks}
    run = {
        query: {document[found]: round(score, decimals) for found, score in index.search(text, 1000).hits}
        for query, text in queries.items()
    }
    rankings = [Ranking.of(run[query].items(), ties="trec") for query in qrels]
    judged = judge(rankings, [plain_gold(gold) for gold in qrels.values()])
    binary = judge(rankings, [plain_gold({d: min(g, 1) for d, g in gold.items()}) for gold in qrels.values()])
    # With a negative label pytrec_eval reads outside its table for `ndcg` without a cut-off.
    clipped = {query: {doc: max(grade, 0) for doc, grade in gold.items()} for query, gold in qrels.items()}
    wanted: dict[str, Any] = pytrec_eval.RelevanceEvaluator(clipped, set(NAMES.values())).evaluate(run)
    assert len(wanted) == len(qrels) == {"cranfield": 225, "cisi": 76}[name] and len(queries) >= len(qrels)
    for (ours, theirs), published in zip(NAMES.items(), PUBLISHED[name], strict=True):
        values, defined = per_query(judged, parse_ranking_metric(ours, ()))
        assert defined.all()
        assert values == pytest.approx([wanted[query][theirs] for query in qrels], abs=1e-9), ours
        if decimals == 9:
            mean = np.mean(per_query(binary, parse_ranking_metric(ours, ()))[0])
            assert float(mean) == pytest.approx(published, abs=5e-4), ours
