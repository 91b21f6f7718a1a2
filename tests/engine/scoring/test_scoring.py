"""Every kind of scorer is called off the target's clock, bounded, with a deadline."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from prompteval.core.case import Case
from prompteval.core.observation import Observation, Row, Score
from prompteval.core.protocols import BatchScorer, Scorer
from prompteval.engine.interruption import Stop
from prompteval.engine.runner import EntryIdentity, run_cases
from prompteval.engine.scoring.lanes import Workers
from prompteval.engine.scoring.scoring import SHORT_TEXT, Scoring
from prompteval.scoring.overlap import RougeL
from prompteval.scoring.text import Exact

CASE = Case("a", {}, expected="x")
SEEN = Observation("ok", output="x", text="x")


class Own(Scorer):
    """A plain scorer that calls `work`."""

    name = "own"

    def __init__(self, work: Callable[[], Any] = lambda: 1.0, **told: Any) -> None:
        self._work = work
        vars(self).update(told)

    def score(self, case: Case, observation: Observation) -> Any:
        return self._work()


class OwnAsync(Own):
    async def score(self, case: Case, observation: Observation) -> Any:
        found = self._work()
        return await found if isinstance(found, Awaitable) else found


def scores(
    *scorers: Scorer, times: int = 1, most: int = 8, seen: Observation = SEEN
) -> list[tuple[Score, ...]]:
    async def go() -> list[tuple[Score, ...]]:
        workers = Workers(most)
        scoring = Scoring(scorers, workers)
        try:
            at_once = scoring.at_once(CASE, seen)
            if at_once is not None:
                return [at_once] * times
            return list(await asyncio.gather(*(scoring.scores(CASE, seen) for _ in range(times))))
        finally:
            scoring.close()
            workers.close()

    return asyncio.run(go())


def run(target: Any, count: int, concurrency: int, *scorers: Scorer, most: int = 40) -> list[Row]:
    rows: list[Row] = []

    async def go() -> None:
        work = ((Case(id=f"c{i}", inputs={}), 0) for i in range(count))
        scoring = Scoring(scorers, Workers(most))
        entry = EntryIdentity("r", "s", "t", "f", "m")
        await run_cases(
            entry, work, target, scoring, concurrency=concurrency, sink=rows.extend, on_row=lambda row: None,
            stop=Stop(),
        )  # fmt: skip

    asyncio.run(go())
    return rows


@pytest.mark.parametrize("kind", [Own, OwnAsync])
def test_slow_scorers_run_side_by_side_after_the_clock(kind: type[Own]) -> None:
    """40 cases with a 0.2 s scorer take its time once, and no case's place or latency holds any of it."""
    flying = peak = 0

    async def target(case: Case, replicate: int) -> Observation:
        nonlocal flying, peak
        flying, peak = flying + 1, max(peak, flying + 1)
        started = time.perf_counter()
        await asyncio.sleep(0.01)
        flying -= 1
        return Observation("ok", latency_ms=(time.perf_counter() - started) * 1000)

    def plain() -> float:
        time.sleep(0.2)
        return 1.0

    work: Callable[[], Any] = plain if kind is Own else lambda: asyncio.sleep(0.2, 1.0)
    started = time.perf_counter()
    rows = run(target, 40, 40, kind(work))
    assert time.perf_counter() - started < 2  # 8 s where they hold up each other
    assert [row.scores[0].value for row in rows] == [1.0] * 40
    assert sorted(row.observation.latency_ms for row in rows)[20] < 100
    assert peak == 40


def test_a_place_is_free_while_a_case_is_scored() -> None:
    """With one place, every case has been asked before the first slow score is there."""
    asked, all_asked = 0, threading.Event()

    async def target(case: Case, replicate: int) -> Observation:
        nonlocal asked
        asked += 1
        if asked == 5:
            all_asked.set()
        return Observation("ok")

    rows = run(target, 5, 1, Own(lambda: float(all_asked.wait(20)), thread_safe=False), most=1)
    assert [row.scores[0].value for row in rows] == [1.0] * 5


@pytest.mark.parametrize("kind", [Own, OwnAsync])
@pytest.mark.parametrize(("told", "bound"), [({"thread_safe": False}, 1), ({}, 3)])
def test_calls_are_bounded(kind: type[Own], told: dict[str, bool], bound: int) -> None:
    """By the run's concurrency; a scorer that is not thread-safe is called once at a time."""
    lock, running, peak = threading.Lock(), 0, 0

    def count(by: int) -> None:
        nonlocal running, peak
        with lock:
            running += by
            peak = max(peak, running)

    def plain() -> float:
        count(1)
        time.sleep(0.02)
        count(-1)
        return 1.0

    async def waits() -> float:
        count(1)
        await asyncio.sleep(0.02)
        count(-1)
        return 1.0

    scores(kind(plain if kind is Own else waits, **told), times=9, most=3)
    assert peak == bound


@pytest.mark.parametrize(
    "scorer",
    [
        Own(lambda: time.sleep(600), timeout_s=0.05),
        OwnAsync(lambda: asyncio.sleep(600), timeout_s=0.05),
        Own(lambda: asyncio.sleep(600), timeout_s=0.05),  # a plain function that returns a coroutine
    ],
)
def test_b10_a_call_that_hangs_is_a_failed_score(scorer: Scorer) -> None:
    """The run continues after the deadline, and the process can end."""
    started = time.perf_counter()
    ((score,),) = scores(scorer)
    assert (score.status, score.reason) == ("failed", "the scorer own did not end within 0.05 s")
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    "scorer", [Own(lambda: 0.6), OwnAsync(lambda: 0.6), Own(lambda: 0.6, pace="instant")]
)
def test_the_threshold_decides_what_passes(scorer: Own) -> None:
    """Whatever way the scorer is called; its value stays."""
    for threshold, passed in ((0.5, True), (0.7, False)):
        scorer.threshold = threshold
        ((score,),) = scores(scorer)
        assert (score.value, score.passed) == (0.6, passed)


class Broken(Own):
    def score(self, case: Case, observation: Observation) -> Any:
        raise ZeroDivisionError("oh")


class BrokenAsync(Own):
    async def score(self, case: Case, observation: Observation) -> Any:
        raise ZeroDivisionError("oh")


class Leaves(Own):
    def score(self, case: Case, observation: Observation) -> Any:
        raise SystemExit(0)


@pytest.mark.parametrize("kind", [Broken, BrokenAsync, Leaves])
@pytest.mark.parametrize("pace", ["instant", "short", "long"])
def test_a_scorer_that_raises_is_a_failed_score(kind: type[Own], pace: str) -> None:
    """A broken scorer costs its own score, not the row, however it is called."""
    ((score, other),) = scores(kind(pace=pace), Exact("exact"))
    assert (score.status, score.value, other.value) == ("failed", None, 1.0)
    assert score.reason in ("ZeroDivisionError: oh", "SystemExit: 0")


def test_a_plain_function_may_return_a_coroutine() -> None:
    """It is awaited on the loop; where the scorer said that it never waits, the score has failed."""
    ((score,),) = scores(Own(lambda: asyncio.sleep(0, 0.5)))
    assert score.value == 0.5
    ((score,),) = scores(Own(lambda: asyncio.sleep(0, 0.5), pace="instant"))
    assert (score.status, "awaitable" in score.reason) == ("failed", True)


class Many(BatchScorer):
    name = "many"

    def __init__(self, work: Callable[[int], Any], max_batch: int = 256) -> None:
        self.work = work
        self.max_batch = max_batch
        self.sizes: list[int] = []

    def score(self, case: Case, observation: Observation) -> Score:
        raise AssertionError("a batch scorer is called by batch")

    def score_many(self, items: Sequence[tuple[Case, Observation]]) -> Any:
        self.sizes.append(len(items))
        return self.work(len(items))


def test_batches_are_gathered() -> None:
    """Observations that come together are scored together, up to the batch that the scorer takes."""
    scorer = Many(lambda size: [Score("many", 0.5)] * size, max_batch=10)
    assert [score.value for (score,) in scores(scorer, times=25)] == [0.5] * 25
    assert scorer.sizes == [10, 10, 5]


@pytest.mark.parametrize(
    ("work", "reason"),
    [
        (lambda size: [], "returned 0 scores for 2 observations"),
        (lambda size: 1 / 0, "ZeroDivisionError"),
        (lambda size: [None] * size, "the scorer returned None"),
    ],
)
def test_a_batch_that_fails_fails_its_scores(work: Callable[[int], Any], reason: str) -> None:
    """Each with the reason."""
    for (score,) in scores(Many(work), times=2):
        assert score.status == "failed" and reason in score.reason


def test_instant_scorers_are_called_at_once_on_short_texts() -> None:
    """Without a thread; a long text, another pace or another scorer beside takes the way off the loop."""
    scoring = Scoring([Exact("exact")], Workers(1))
    assert scoring.at_once(CASE, SEEN) == (Score("exact", 1.0, labels=("x", "x"), passed=True),)
    assert scoring.at_once(CASE, Observation("ok", output="x", text="x" * (SHORT_TEXT + 1))) is None
    assert Scoring([Exact("exact"), RougeL("rouge")], Workers(1)).at_once(CASE, SEEN) is None
    assert Scoring([Exact("exact", extract="(x)")], Workers(1)).at_once(CASE, SEEN) is None


def test_scores_stand_in_the_order_of_their_scorers() -> None:
    """Whatever way each of them was called."""
    names = ["own", "exact", "rouge", "many", "later"]
    scorers = (
        Own(), Exact("exact"), RougeL("rouge"), Many(lambda size: [1.0] * size), OwnAsync(name="later"),
    )  # fmt: skip
    for found in scores(*scorers, times=3):
        assert [(score.name, score.value) for score in found] == [(name, 1.0) for name in names]
