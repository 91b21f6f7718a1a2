"""Checks that an extension keeps the promises of its protocol; each raises AssertionError."""

import asyncio
import inspect
import math
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from prompteval.core.case import Case
from prompteval.core.errors import ProviderError, UsageError
from prompteval.core.media import MEDIA_TYPES
from prompteval.core.observation import Failure, Observation, Score
from prompteval.core.protocols import (
    BatchProvider,
    BatchScorer,
    Chunker,
    FileProvider,
    Metric,
    Provider,
    Reporter,
    Reranker,
    Retriever,
    Scorer,
)
from prompteval.core.request import Request, Response
from prompteval.core.retrieval import Chunk, Document, Ranking
from prompteval.engine.scoring.lanes import Workers
from prompteval.engine.scoring.scoring import Scoring
from prompteval.isolate.loop import run_to_end
from prompteval.scoring.outside import as_scorer
from prompteval.scoring.returned import to_score

SIDE_BY_SIDE = 4


async def check_provider(provider: Provider, request: Request) -> Response | ProviderError:
    """A provider answers or raises ProviderError, keeps its identity, and closes twice.

    One that takes files names types that there are.
    """
    identity = provider.identity
    assert isinstance(identity, str) and identity, "identity must be a non-empty string"
    if isinstance(provider, FileProvider):
        unknown = sorted(set(provider.file_types) - MEDIA_TYPES.keys())
        assert not unknown, f"file_types has {unknown}, not among {', '.join(MEDIA_TYPES)}"
    assert inspect.iscoroutinefunction(provider.complete), "complete() is a coroutine function"
    result: Response | ProviderError
    try:
        result = await provider.complete(request)
        _check_response(result)
    except ProviderError as error:
        result = error
    if isinstance(provider, BatchProvider):
        assert isinstance(provider.max_batch, int) and provider.max_batch > 0, (
            "max_batch must be a number above 0"
        )
        many = provider.complete_many([request, request])
        assert len(many) == 2, f"complete_many() returned {len(many)} results for 2 requests"
        for one in many:
            if not isinstance(one, ProviderError):
                _check_response(one)
    assert provider.identity == identity, "identity changed during a call"
    await provider.aclose()
    await provider.aclose()
    return result


def _check_response(found: object) -> None:
    assert isinstance(found, Response), f"complete() returned {type(found).__name__}"
    assert isinstance(found.text, str), "the text of a response is not text"
    assert found.latency_ms >= 0, "latency_ms is negative"


def check_scorer(scorer: object, case: Case, observation: Observation) -> Score:
    """A scorer scores under its own name, twice the same, side by side, and survives a failed observation.

    It is called as in a run: plain or `async`, one by one or in batches; what it says of itself has the
    forms of `Scorer`. A number, true or false, a mapping and a Score are scores. Gives the score.
    """
    name = getattr(scorer, "name", None)
    assert isinstance(name, str) and name, "a scorer must have a name"
    try:
        known = as_scorer(name, scorer)
    except UsageError as error:
        raise AssertionError(str(error)) from None
    found = _scored(scorer, known, case, observation)
    assert not isinstance(found, Score) or found.name == name, "the score carries another name"
    score = to_score(name, found, known.threshold)
    refused = score.status == "failed" and not (isinstance(found, Score) and found.status == "failed")
    assert not refused, score.reason
    assert to_score(name, _scored(scorer, known, case, observation), known.threshold) == score, (
        "the same case scored differently"
    )
    failed = Observation("error", failure=Failure("call", "timeout", "no answer"))
    seen = to_score(name, _scored(scorer, known, case, failed), known.threshold)
    assert seen.value is None or math.isfinite(seen.value), "a failed observation gave no score"
    if known.pace == "long":  # the others never run side by side
        together = _side_by_side(known, case, observation)
        assert all(one == score for one in together), f"side by side the same case scored {together}"
    return score


def _scored(scorer: Any, known: Scorer, case: Case, observation: Observation) -> Any:
    """What the scorer gives for one observation, awaited; a batch of one gives what `score` does."""
    found = scorer.score(case, observation)
    if inspect.isawaitable(found):

        async def awaited() -> Any:
            return await found

        found = run_to_end(awaited())
    if isinstance(known, BatchScorer):
        many = list(known.score_many([(case, observation)]))
        assert len(many) == 1, f"score_many() returned {len(many)} scores for 1 observation"
        one, alone = (to_score(known.name, each, known.threshold) for each in (many[0], found))
        assert one == alone, "score_many() and score() disagree"
    return found


def _side_by_side(scorer: Scorer, case: Case, observation: Observation) -> list[Score]:
    """A few calls at once, as a run makes them."""

    async def calls() -> list[Score]:
        workers = Workers(SIDE_BY_SIDE)
        scoring = Scoring([scorer], workers)
        try:
            found = await asyncio.gather(*(scoring.scores(case, observation) for _ in range(SIDE_BY_SIDE)))
            return [score for (score,) in found]
        finally:
            scoring.close()
            workers.close()

    return run_to_end(calls())


def check_metric(metric: Metric, values: Sequence[float]) -> float:
    """A metric is one number on its scale for each row of weights, regardless of the order of the cases.

    A case that counts twice is a case that is there twice, and one that counts 0 times is not there.
    Gives the metric of the values.
    """
    assert isinstance(metric.higher_is_better, bool), "higher_is_better must be true or false"
    column, ones = np.asarray(values, dtype=np.float64), np.ones(len(values))
    rng = np.random.default_rng(0)
    weights = rng.integers(0, 3, size=(5, len(column))).astype(np.float64)
    weights[:, 0] += 1
    many = np.asarray(metric.compute(column, weights), dtype=np.float64)
    assert many.shape == (5,), (
        f"compute() gave the shape {many.shape} for weights of the shape {weights.shape}"
    )
    whole = np.asarray(metric.compute(column, ones), dtype=np.float64)
    assert whole.shape == (), "compute() must give one number for one row of weights"
    for row, found in zip(weights, many, strict=True):
        repeated = np.repeat(column, row.astype(int))
        alone = float(metric.compute(repeated, np.ones(len(repeated))))
        assert math.isclose(alone, found, abs_tol=1e-9), "a weight is not how often a case counts"
    order = rng.permutation(len(column))
    assert math.isclose(float(metric.compute(column[order], ones)), float(whole), abs_tol=1e-9), (
        "the order of the cases matters"
    )
    for found in (*many, whole):
        assert metric.low is None or found >= metric.low, f"{found} is below low, {metric.low}"
        assert metric.high is None or found <= metric.high, f"{found} is above high, {metric.high}"
    return float(whole)


def check_reporter(reporter: Reporter, view: object) -> str:
    """A reporter gives text, whole or in pieces, twice the same. Gives the text."""
    texts = []
    for _ in range(2):
        made = reporter(view)
        pieces = [made] if isinstance(made, str) else list(made)
        assert all(isinstance(piece, str) for piece in pieces), "a reporter must give pieces of text"
        texts.append("".join(pieces))
    assert texts[0] == texts[1], "the same run was reported differently"
    return texts[0]


def check_chunker(chunker: Chunker, document: Document) -> list[Chunk]:
    """Chunks are exact spans in order of their start, twice the same, and miss nothing but white space."""
    chunks = list(chunker(document))
    reached = 0
    for before, chunk in zip([None, *chunks], chunks, strict=False):
        assert chunk.doc_id == document.id, "a chunk carries another document's id"
        assert 0 <= chunk.start < chunk.end <= len(document.text), f"{chunk.id} is not a span of the text"
        assert document.text[chunk.start : chunk.end] == chunk.text, f"{chunk.id} has another text"
        assert before is None or before.start < chunk.start, f"{chunk.id} begins before the previous chunk"
        assert not document.text[reached : chunk.start].strip(), f"text before {chunk.id} is in no chunk"
        reached = max(reached, chunk.end)
    assert not document.text[reached:].strip(), "the end of the document is in no chunk"
    assert list(chunker(document)) == chunks, "the same document was cut differently"
    assert list(chunker(Document("empty", ""))) == [], "an empty document must have no chunks"
    return chunks


def check_retriever(retriever: Retriever, query: str, known: Collection[str]) -> Ranking:
    """A retriever gives known ids once each, at most k, nested over k, and twice the same."""
    identity = retriever.identity
    assert isinstance(identity, str) and identity, "identity must be a non-empty string"
    found = retriever.search(query, len(known) + 5)
    assert isinstance(found, Ranking), f"search() returned {type(found).__name__}"
    assert len(set(found.ids)) == len(found), "duplicate id"
    assert set(found.ids) <= set(known), "an id that is not in the corpus"
    assert retriever.search(query, len(known) + 5) == found, "the same query was answered differently"
    for k in (0, 1, 2):
        assert len(retriever.search(query, k)) <= k, f"more than {k} hits for k = {k}"
    assert len(retriever.search("", 3)) <= 3, "an empty query must be answered, with hits or without"
    assert retriever.identity == identity, "identity changed during a search"
    return found


def check_reranker(reranker: Reranker, query: str, chunks: Sequence[Chunk]) -> Ranking:
    """A reranker gives back each id it was given, no other, and twice the same order."""
    assert isinstance(reranker.identity, str) and reranker.identity, "identity must be a non-empty string"
    found = reranker.rerank(query, chunks)
    assert isinstance(found, Ranking), f"rerank() returned {type(found).__name__}"
    assert sorted(found.ids) == sorted(chunk.id for chunk in chunks), "ids were lost or made up"
    assert reranker.rerank(query, chunks) == found, "the same candidates were ordered differently"
    assert len(reranker.rerank(query, [])) == 0, "no candidates give no ranking"
    return found
