"""A pipeline's stages, and what it knows of its own limits."""

from typing import Any

import pytest

from prompteval.core.errors import RetrievalError
from prompteval.core.retrieval import Chunk, Document, Ranking
from prompteval.rag.pipeline import Pipeline, Question
from prompteval.tokens import counter
from prompteval.workspace.rag_section import RagPart, RagSection

DOCUMENTS = {"a": Document("a", "one two three four five six", "A"), "b": Document("b", "seven", "B")}
CHUNKS = [
    Chunk("a", 0, 13, "one two three", "A"),
    Chunk("a", 14, 27, "four five six", "A"),
    Chunk("b", 0, 5, "seven", "B"),
]


class Fixed:
    """A retriever that always finds everything in one order."""

    identity = "fixed"

    def search(self, query: str, k: int) -> Ranking:
        return Ranking.of((chunk.id, -float(n)) for n, chunk in enumerate(CHUNKS)).top(k)


class Backwards:
    """A reranker that turns the order round."""

    identity = "backwards"

    def rerank(self, query: str, chunks: Any) -> Ranking:
        return Ranking.of((chunk.id, float(n)) for n, chunk in enumerate(chunks))


class Narrow:
    """An encoder that reads three words, the title among them."""

    identity = "narrow"

    def embed(self, texts: Any) -> tuple[Any, int]:
        raise AssertionError("nothing is encoded to know what is long")

    def truncates(self, texts: Any) -> list[bool]:
        return [len(text.split()) > 3 for text in texts]


def pipeline(**changes: Any) -> Pipeline:
    section = RagSection("docs", RagPart("fixed"), **changes)
    reranker = Backwards() if section.reranker.kind != "none" else None
    return Pipeline(section, DOCUMENTS, CHUNKS, Fixed(), reranker, counter("gpt-4o"), [Narrow()])


def test_reranking_reaches_its_depth_and_leaves_the_rest_behind() -> None:
    """Candidates below the depth keep their order behind those that were reranked."""
    made = pipeline(reranker=RagPart("backwards"), rerank_depth=2)
    (ranking,) = made.retrieve([Question("q", "x")])
    reranked = made.rerank(Question("q", "x"), ranking)
    assert reranked is not None and reranked.ids == ("a:14-27", "a:0-13", "b:0-5")
    assert pipeline().rerank(Question("q", "x"), ranking) is None


def test_k_and_budget_bound_the_context() -> None:
    """k first, then the tokens of title and text."""
    made = pipeline(k=2, context_tokens=5)
    (ranking,) = made.retrieve([Question("q", "x")])
    packed = made.pack(ranking)
    assert [chunk.id for chunk in packed.kept] == ["a:0-13"] and packed.tokens <= 5
    assert [(chunk.id, reason) for chunk, reason in packed.dropped] == [("a:14-27", "budget")]
    assert made.pack(ranking, 1).kept == () and made.pack(ranking, 900).budget == 5


def test_an_id_is_a_chunk_or_a_whole_document_or_an_error() -> None:
    """What a run or an endpoint names may be a document; anything else is no ranking of this corpus."""
    made = pipeline()
    assert made.unit("a:0-13") is CHUNKS[0]
    assert (made.unit("a").start, made.unit("a").end, made.unit("a").title) == (0, 27, "A")
    with pytest.raises(RetrievalError, match="'c', which is neither a chunk nor a document"):
        made.units(Ranking.of([("c", 1.0)]))


def test_chunks_longer_than_an_encoders_window_are_known() -> None:
    """By the indexed text, title included."""
    assert pipeline().truncated == {"a:0-13", "a:14-27"}
