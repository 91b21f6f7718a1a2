"""The conformance kits pass for the plug-ins of the test distribution, and name what breaks a promise."""

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from prompteval.core.case import Case
from prompteval.core.observation import Observation, Score
from prompteval.core.protocols import Metric, Scorer
from prompteval.core.request import Message, Request
from prompteval.core.retrieval import Chunk, Document
from prompteval.core.verdict import Verdict
from prompteval.report.view import RunView
from prompteval.testing.conformance import (
    check_chunker,
    check_metric,
    check_provider,
    check_reporter,
    check_reranker,
    check_retriever,
    check_scorer,
)

CASE = Case("a", {"q": "x"}, expected="x")
SEEN = Observation("ok", output="thanks", text="thanks")
DOCUMENT = Document("d", "one apple\n\ntwo pears\nthree plums")


@pytest.fixture
def extension(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "fixtures" / "extension"))
    import prompteval_extension  # type: ignore[import-not-found]

    yield prompteval_extension
    del sys.modules["prompteval_extension"]


def test_every_kit_passes_for_what_keeps_its_promises(extension: Any) -> None:
    """One plug-in of every kind, scorers of three forms; inside a running loop too."""
    assert check_scorer(extension.Polite("p", ["thanks"]), CASE, SEEN).value == 1
    assert check_scorer(extension.Length("l"), CASE, SEEN).value == pytest.approx(0.94)
    assert check_scorer(extension.Asks("a"), CASE, SEEN).passed is True
    assert check_metric(extension.WorstQuarter(), [0.1, 0.9, 0.4, 0.6, 0.2, 1.0]) == pytest.approx(0.4 / 3)
    chunks = check_chunker(extension.lines(None), DOCUMENT)
    assert [chunk.text for chunk in chunks] == ["one apple\n", "two pears\n", "three plums"]
    ids = [chunk.id for chunk in chunks]
    assert len(check_retriever(extension.Overlap(chunks, "c"), "two plums", ids)) == 2
    assert check_reranker(extension.Shortest(), "q", chunks).ids[0] == ids[0]
    request = Request("echo/loud", (Message("user", "hello"),))

    async def ask() -> Any:
        check_scorer(extension.Asks("a"), CASE, SEEN)
        return await check_provider(extension.Echo("loud"), request)

    assert asyncio.run(ask()).text == "HELLO"
    view = RunView("r", Verdict.PASS, 0, "", (), lambda: iter(()))
    assert check_reporter(extension.tap, view).startswith("TAP version 14\n1..0")


class Own(Scorer):
    name = "own"

    def __init__(self, *found: Any, **told: Any) -> None:
        self._found = found
        self._calls = 0
        vars(self).update(told)

    def score(self, case: Case, observation: Observation) -> Any:
        self._calls += 1
        return self._found[self._calls % len(self._found)]


class Batch(Own):
    max_batch = 4

    def score_many(self, items: Any) -> Any:
        return [0.25] * len(items)


@pytest.mark.parametrize(
    ("scorer", "message"),
    [
        (object(), "a scorer must have a name"),
        (Own(0.5, name=""), "a scorer must have a name"),
        (Own(0.1, 0.2), "scored differently"),
        (Own("good"), "expected a number from 0 to 1"),
        (Own({"value": 1, "why": "x"}), "unknown key 'why'"),
        (Own(Score("other", 1.0)), "another name"),
        (Own(Score("own", 0.5, evidence={"a": object()})), "not JSON serializable"),
        (Own(0.5, thread_safe="no"), "thread_safe must be true or false"),
        (Own(0.5, timeout_s=0), "timeout_s must be a number of seconds above 0"),
        (Own(0.5, fields_used="team"), "fields_used must be a tuple"),
        (Own(0.5, version=1), "version must be a string"),
        (Batch(0.5), "score_many\\(\\) and score\\(\\) disagree"),
    ],
)
def test_a_scorer_that_breaks_a_promise_is_named(scorer: Any, message: str) -> None:
    """Its name, its forms, what it gives, alone and in batches."""
    with pytest.raises(AssertionError, match=message):
        check_scorer(scorer, CASE, SEEN)


class Own2(Metric):
    def __init__(self, compute: Any, **told: Any) -> None:
        self.compute = compute
        vars(self).update(told)


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        (Own2(lambda values, weights: values.mean()), "the shape"),
        (Own2(lambda values, weights: weights.sum(axis=-1) * 0 + values.mean()), "how often a case counts"),
        (Own2(lambda v, w: w @ v / w.sum(-1), high=0.2), "above high"),
        (Own2(lambda v, w: (w * v)[..., 0] / w[..., 0]), "order of the cases"),
    ],
)
def test_a_metric_that_breaks_a_promise_is_named(metric: Any, message: str) -> None:
    """Its shape, its weights, its order, its scale."""
    with pytest.raises(AssertionError, match=message):
        check_metric(metric, [0.1, 0.9, 0.4, 0.6])
    mean = Own2(lambda values, weights: weights @ values / weights.sum(axis=-1))
    assert check_metric(mean, [0.0, 1.0]) == 0.5 == np.mean([0.0, 1.0])


def test_a_chunk_carries_its_document(extension: Any) -> None:
    """A chunker of another text is named."""
    cut = extension.lines(None)

    def other(document: Document) -> list[Chunk]:
        return [replace(chunk, text="?") for chunk in cut(document)]

    with pytest.raises(AssertionError, match="has another text"):
        check_chunker(other, DOCUMENT)
