"""Gold and rankings of one case as the metrics read them."""

from typing import Any

import pytest

from prompteval.core.case import Case
from prompteval.core.observation import Observation
from prompteval.core.retrieval import Document, Ranking
from prompteval.metrics.stage_names import parse_stage_metric
from prompteval.rag.gold import GoldReader
from prompteval.rag.score.rag_case import RagCaseReader
from prompteval.rag.score.scorers import StageScorer
from prompteval.workspace.rag_section import RagPart, RagSection

DOCUMENTS = {name: Document(name, "one two three four", name) for name in ("a", "b:1-2", "c")}


def score(metric: str, gold: Any, *hits: str) -> float | None:
    case = Case("q", {"question": "x"}, gold=tuple(tuple(group) for group in gold))
    groups, problems = GoldReader(DOCUMENTS.values()).read(case, "q.jsonl")
    assert not [problem for problem in problems if problem.severity == "error"]
    reader = RagCaseReader(RagSection("docs", RagPart("bm25")), DOCUMENTS, {"q": groups})
    ranking = Ranking.of((name, float(-rank)) for rank, name in enumerate(hits))
    return (
        StageScorer(parse_stage_metric(metric), reader).score(case, Observation("ok", ranking=ranking)).value
    )


def test_spans_make_every_chunk_that_touches_them_relevant() -> None:
    """The first chunk that shares a character counts, whatever its document's name looks like."""
    gold = [[{"doc": "b:1-2", "quote": "three"}]]
    assert score("retrieval.mrr", gold, "a:0-3", "b:1-2:0-7", "b:1-2:6-13") == pytest.approx(1 / 3)
    assert score("retrieval.recall@2", gold, "a:0-3", "b:1-2") == 1.0


def test_gold_of_whole_documents_is_judged_by_document() -> None:
    """Chunks map to documents by the best of them before a rank is counted."""
    gold = [[{"doc": "a"}], [{"doc": "c"}]]
    hits = ("b:1-2:0-3", "b:1-2:4-7", "a:0-3", "a:4-7", "c:0-3")
    assert score("retrieval.mrr", gold, *hits) == 0.5
    assert score("retrieval.recall@3", gold, *hits) == 1.0
    assert score("retrieval.precision@3", gold, *hits) == pytest.approx(2 / 3)


def test_a_document_missing_from_the_corpus_stays_in_the_denominator() -> None:
    assert score("retrieval.recall@5", [[{"doc": "a"}], [{"doc": "gone"}]], "a:0-3") == 0.5
    assert score("retrieval.recall@5", [[{"doc": "a", "quote": "two"}], [{"doc": "gone"}]], "a:0-7") == 0.5


def test_without_gold_there_is_no_score() -> None:
    assert score("retrieval.recall@5", [], "a:0-3") is None
