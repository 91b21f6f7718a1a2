"""Scores from the cache: asked for once by scorer, version, case and observation."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prompteval.core.case import Case
from prompteval.core.observation import Call, Observation, Score
from prompteval.core.protocols import Scorer
from prompteval.engine.scoring.lanes import Workers
from prompteval.engine.scoring.scoring import Scoring
from prompteval.scoring.text import Exact
from prompteval.store.blob_cache import SqliteBlobCache

CASE = Case("a", {"q": "x"}, expected="x")
SEEN = Observation("ok", output="x", text="x")


class Counted(Scorer):
    """A scorer that counts its calls."""

    name = "counted"
    version = "1"

    def __init__(self, work: Callable[[], Any] = lambda: {"value": 0.5, "reason": "half"}) -> None:
        self.calls = 0
        self._work = work

    def score(self, case: Case, observation: Observation) -> Any:
        self.calls += 1
        return self._work()


def score(
    directory: Path, scorer: Scorer, case: Case = CASE, seen: Observation = SEEN, mark: str = "m"
) -> Score:
    """The score of one run, whose cache is closed at the end."""

    async def go() -> Score:
        workers, cache = Workers(1), SqliteBlobCache.open(directory / "vectors.sqlite")
        scoring = Scoring([Exact("exact"), scorer], workers, cache, {scorer.name: mark} if mark else {})
        try:
            return (await scoring.scores(case, seen))[1]
        finally:
            scoring.close()
            workers.close()
            cache.close()

    return asyncio.run(go())


def test_a_score_is_asked_for_once(tmp_path: Path) -> None:
    """The next run has the same score without a call, whatever the answer cost and took."""
    scorer = Counted()
    first = score(tmp_path, scorer)
    cheaper = replace(SEEN, calls=(Call("m", "k", "cache", 1, 5.0),), latency_ms=99.0)
    assert score(tmp_path, scorer, seen=cheaper) == first == Score("counted", 0.5, reason="half")
    assert scorer.calls == 1


def test_a_file_that_moved_keeps_its_scores(tmp_path: Path) -> None:
    """A case names the same bytes by another path, and stands at another line."""
    scorer = Counted()
    first = score(tmp_path, scorer, replace(CASE, file_paths={"q": ("in/a.png",)}, line=1))
    assert score(tmp_path, scorer, replace(CASE, file_paths={"q": ("in/b/a.png",)}, line=2)) == first
    assert score(tmp_path, scorer) == first and scorer.calls == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"mark": "another"},
        {"case": replace(CASE, expected="y")},
        {"case": replace(CASE, inputs={"q": "z"})},
        {"case": replace(CASE, tags={"channel": "email"})},
        {"seen": replace(SEEN, output="y")},
        {"seen": replace(SEEN, text="y")},
        {"seen": replace(SEEN, outcome="invalid")},
        {"seen": replace(SEEN, confidence=0.5)},
    ],
)
def test_what_a_scorer_may_read_is_part_of_the_key(tmp_path: Path, changed: dict[str, Any]) -> None:
    """Another scorer, case or answer is scored again."""
    scorer = Counted()
    score(tmp_path, scorer)
    score(tmp_path, scorer, **changed)
    assert scorer.calls == 2


def test_a_scorer_without_a_version_is_asked_every_time(tmp_path: Path) -> None:
    """It has made no promise, so it has no fingerprint."""
    scorer = Counted()
    for _ in range(2):
        score(tmp_path, scorer, mark="")
    assert scorer.calls == 2


def test_a_score_that_failed_is_tried_again(tmp_path: Path) -> None:
    """What went wrong once may go right next time."""
    scorer = Counted(lambda: 1 / 0)
    assert score(tmp_path, scorer).status == "failed"
    assert score(tmp_path, scorer).status == "failed"
    assert scorer.calls == 2


def test_an_entry_that_is_damaged_is_scored_anew(tmp_path: Path) -> None:
    """Bytes that are no score cost a call, and are replaced."""
    scorer = Counted()
    score(tmp_path, scorer)
    cache = SqliteBlobCache.open(tmp_path / "vectors.sqlite")
    cache._writer.submit(lambda connection: connection.execute("UPDATE vectors SET vector = x'00'"))
    cache.close()
    assert score(tmp_path, scorer).value == 0.5
    assert score(tmp_path, scorer).value == 0.5
    assert scorer.calls == 2


def test_what_is_no_json_is_scored_and_not_kept(tmp_path: Path) -> None:
    """A callable may give any object as its output."""
    scorer = Counted()
    odd = replace(SEEN, output={"when": object()})
    assert score(tmp_path, scorer, seen=odd).value == 0.5
    assert score(tmp_path, scorer, seen=odd).value == 0.5
    assert scorer.calls == 2
