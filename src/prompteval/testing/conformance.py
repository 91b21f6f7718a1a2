"""Checks that an extension keeps the promises of its protocol; each raises AssertionError."""

from collections.abc import Collection, Sequence

from prompteval.core.case import Case
from prompteval.core.errors import ProviderError
from prompteval.core.observation import Failure, Observation, Score
from prompteval.core.protocols import Chunker, Provider, Reranker, Retriever, Scorer
from prompteval.core.request import Request, Response
from prompteval.core.retrieval import Chunk, Document, Ranking


async def check_provider(provider: Provider, request: Request) -> Response | ProviderError:
    """A provider answers or raises ProviderError, keeps its identity, and closes twice."""
    identity = provider.identity
    assert isinstance(identity, str) and identity, "identity is a text that is not empty"
    result: Response | ProviderError
    try:
        result = await provider.complete(request)
        assert isinstance(result, Response), f"complete() returned {type(result).__name__}"
        assert result.latency_ms >= 0, "latency_ms is negative"
    except ProviderError as error:
        result = error
    assert provider.identity == identity, "identity changed during a call"
    await provider.aclose()
    await provider.aclose()
    return result


def check_scorer(scorer: Scorer, case: Case, observation: Observation) -> Score:
    """A scorer returns a Score under its own name, twice the same, and survives a failed observation."""
    assert scorer.name, "a scorer has a name"
    score = scorer.score(case, observation)
    assert isinstance(score, Score), f"score() returned {type(score).__name__}"
    assert score.name == scorer.name, "the score carries another name"
    assert scorer.score(case, observation) == score, "the same case scored differently"
    failed = Observation("error", failure=Failure("call", "timeout", "no answer"))
    assert isinstance(scorer.score(case, failed), Score), "a failed observation gave no score"
    return score


def check_chunker(chunker: Chunker, document: Document) -> list[Chunk]:
    """Chunks are exact spans in order of their start, twice the same, and miss nothing but white space."""
    chunks = list(chunker(document))
    reached = 0
    for before, chunk in zip([None, *chunks], chunks, strict=False):
        assert chunk.doc_id == document.id, "a chunk carries another document's id"
        assert 0 <= chunk.start < chunk.end <= len(document.text), f"{chunk.id} is no span of the text"
        assert document.text[chunk.start : chunk.end] == chunk.text, f"{chunk.id} has another text"
        assert before is None or before.start < chunk.start, f"{chunk.id} begins before the chunk ahead of it"
        assert not document.text[reached : chunk.start].strip(), f"text before {chunk.id} is in no chunk"
        reached = max(reached, chunk.end)
    assert not document.text[reached:].strip(), "the end of the document is in no chunk"
    assert list(chunker(document)) == chunks, "the same document was cut differently"
    assert list(chunker(Document("empty", ""))) == [], "an empty document has no chunks"
    return chunks


def check_retriever(retriever: Retriever, query: str, known: Collection[str]) -> Ranking:
    """A retriever gives known ids once each, at most k, nested over k, and twice the same."""
    identity = retriever.identity
    assert isinstance(identity, str) and identity, "identity is a text that is not empty"
    found = retriever.search(query, len(known) + 5)
    assert len(set(found.ids)) == len(found), "an id comes twice"
    assert set(found.ids) <= set(known), "an id that is not in the corpus"
    assert retriever.search(query, len(known) + 5) == found, "the same query was answered differently"
    for k in (0, 1, 2):
        assert len(retriever.search(query, k)) <= k, f"more than {k} hits for k = {k}"
    assert len(retriever.search("", 3)) <= 3, "an empty query is answered, with hits or without"
    assert retriever.identity == identity, "identity changed during a search"
    return found


def check_reranker(reranker: Reranker, query: str, chunks: Sequence[Chunk]) -> Ranking:
    """A reranker gives back each id it was given, no other, and twice the same order."""
    assert isinstance(reranker.identity, str) and reranker.identity, "identity is a text that is not empty"
    found = reranker.rerank(query, chunks)
    assert sorted(found.ids) == sorted(chunk.id for chunk in chunks), "ids were lost or made up"
    assert reranker.rerank(query, chunks) == found, "the same candidates were ordered differently"
    assert len(reranker.rerank(query, [])) == 0, "no candidates give no ranking"
    return found
