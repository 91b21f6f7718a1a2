"""The conformance checks for extensions refuse what breaks a promise, and say which."""

from collections.abc import Sequence

import pytest

from prompteval.core.retrieval import Chunk, Document, Ranking
from prompteval.testing.conformance import check_chunker, check_reranker, check_retriever

TEXT = "one two three"
DOCUMENT = Document("d", TEXT)


def chunk(start: int, end: int, text: str | None = None, doc: str = "d") -> Chunk:
    return Chunk(doc, start, end, TEXT[start:end] if text is None else text)


@pytest.mark.parametrize(
    ("chunks", "message"),
    [
        ([chunk(0, 7)], "the end of the document is in no chunk"),
        ([chunk(4, 13)], "text before d:4-13 is in no chunk"),
        ([chunk(0, 7), chunk(8, 13, "Three")], "d:8-13 has another text"),
        ([chunk(0, 13), chunk(0, 7)], "d:0-7 begins before the previous chunk"),
        ([chunk(0, 14, TEXT + "!")], "d:0-14 is not a span of the text"),
        ([chunk(0, 13, doc="other")], "another document's id"),
    ],
)
def test_a_chunker_that_breaks_a_promise_is_named(chunks: list[Chunk], message: str) -> None:
    """Lost text, another text, a wrong order, a span outside, a foreign id."""
    with pytest.raises(AssertionError, match=message):
        check_chunker(lambda document: chunks if document.text else [], DOCUMENT)


def test_a_chunker_of_an_empty_document_has_no_chunks() -> None:
    """A chunk of nothing is refused; chunks that keep every promise come back."""
    kept = [chunk(0, 7), chunk(4, 13)]
    assert check_chunker(lambda document: kept if document.text else [], DOCUMENT) == kept
    with pytest.raises(AssertionError, match="an empty document must have no chunks"):
        check_chunker(lambda document: kept, DOCUMENT)


class Retriever:
    identity = "own"

    def __init__(self, *hits: tuple[str, float], cut: bool = True) -> None:
        self._hits = hits
        self._cut = cut

    def search(self, query: str, k: int) -> Ranking:
        return Ranking(self._hits[:k] if self._cut else self._hits)


@pytest.mark.parametrize(
    ("retriever", "message"),
    [
        (Retriever(("a", 1.0), ("a", 0.5)), "duplicate id"),
        (Retriever(("z", 1.0)), "an id that is not in the corpus"),
        (Retriever(("a", 1.0), ("b", 0.5), cut=False), "more than 0 hits"),
    ],
)
def test_a_retriever_that_breaks_a_promise_is_named(retriever: Retriever, message: str) -> None:
    """Doubled and unknown ids, and more hits than asked for."""
    with pytest.raises(AssertionError, match=message):
        check_retriever(retriever, "q", {"a", "b"})
    assert len(check_retriever(Retriever(("a", 1.0)), "q", {"a", "b"})) == 1


class Reranker:
    identity = "own"

    def __init__(self, lost: int = 0) -> None:
        self._lost = lost

    def rerank(self, query: str, chunks: Sequence[Chunk]) -> Ranking:
        return Ranking.of((item.id, 1.0) for item in chunks[self._lost :])


def test_a_reranker_that_loses_a_candidate_is_named() -> None:
    """Every id given comes back."""
    given = [chunk(0, 7), chunk(4, 13)]
    assert len(check_reranker(Reranker(), "q", given)) == 2
    with pytest.raises(AssertionError, match="ids were lost or made up"):
        check_reranker(Reranker(lost=1), "q", given)
