"""The ways a scorer is called: on the event loop, in one thread for many, in batches, in its own thread."""

import asyncio
import inspect
from collections.abc import Awaitable, Sequence
from functools import partial
from typing import Protocol

from prompteval.core.case import Case
from prompteval.core.errors import DeadlineExceeded, PromptevalError
from prompteval.core.observation import Observation, Score
from prompteval.core.protocols import BatchScorer, Scorer
from prompteval.engine.escaped import Escaped, awaited, called
from prompteval.engine.item_batcher import ItemBatcher, Work
from prompteval.engine.scoring.lock_watchdog import LockWatchdog
from prompteval.engine.threads import Threads
from prompteval.scoring.returned import failed, to_score

Item = tuple[Case, Observation]
# Long enough for what has just been answered, short beside one encoding pass.
BATCH_SECONDS = 0.003


class Workers:
    """What the scorers of a run share: threads and places for `most` calls of each kind at a time."""

    def __init__(self, most: int) -> None:
        self.threads = Threads(most)
        self.places = asyncio.Semaphore(most)
        self.watch = LockWatchdog()

    def close(self) -> None:
        """End what is idle; nobody waits for the rest."""
        self.threads.close()
        self.watch.close()


class Lane(Protocol):
    """Scores one observation by one scorer; what goes wrong is a failed score."""

    async def __call__(self, item: Item) -> Score: ...

    def close(self) -> None: ...


def _why(error: BaseException) -> str | BaseException:
    return str(error) if isinstance(error, Escaped) else error


def score_now(scorer: Scorer, item: Item) -> Score | Awaitable[object]:
    """The score, or what to await for it; a scorer that raises is a failed score with its reason."""
    try:
        found = called(partial(scorer.score, *item))
    except (Exception, SystemExit) as error:  # sys.exit(0) would end the run as if it had passed
        return failed(scorer.name, _why(error))
    if not isinstance(found, Score) and inspect.isawaitable(found):
        return found
    return to_score(scorer.name, found, scorer.threshold)


def score_plainly(scorer: Scorer, item: Item) -> Score:
    """The score of a scorer that declares that it does not wait."""
    found = score_now(scorer, item)
    if isinstance(found, Score):
        return found
    if inspect.iscoroutine(found):
        found.close()
    return failed(scorer.name, f"its pace is {scorer.pace}, and it returned an awaitable")


class Together:
    """Scorers that only compute, one call after another in one thread, many observations at a time."""

    def __init__(self) -> None:
        self._threads = Threads(1)
        self._calls: ItemBatcher[tuple[Sequence[Scorer], Item], tuple[Score, ...]] = ItemBatcher(
            _together, run=self._threads.run
        )

    async def __call__(self, scorers: Sequence[Scorer], item: Item) -> tuple[Score, ...]:
        """One score a scorer, in order."""
        return await self._calls((scorers, item))

    def close(self) -> None:
        self._threads.close()


def _together(items: Sequence[tuple[Sequence[Scorer], Item]]) -> list[tuple[Score, ...]]:
    return [tuple(score_plainly(scorer, item) for scorer in scorers) for scorers, item in items]


class Batches:
    """A scorer that takes many observations at once, one batch at a time."""

    def __init__(self, scorer: BatchScorer) -> None:
        self._scorer = scorer
        self._threads = Threads(1, exclusive=not scorer.thread_safe)
        self._calls: ItemBatcher[Item, Score] = ItemBatcher(
            self._work, scorer.max_batch, wait_s=BATCH_SECONDS, run=self._run
        )

    async def __call__(self, item: Item) -> Score:
        try:
            return await self._calls(item)
        except PromptevalError as error:
            return failed(self._scorer.name, error)

    async def _run(self, work: Work[Score]) -> Sequence[Score | Exception]:
        return await self._threads.run(work, self._scorer.timeout_s, f"the scorer {self._scorer.name}")

    def _work(self, items: Sequence[Item]) -> list[Score]:
        name, threshold = self._scorer.name, self._scorer.threshold
        try:
            found = [
                to_score(name, score, threshold) for score in called(partial(self._scorer.score_many, items))
            ]
            if len(found) != len(items):
                raise ValueError(f"score_many() returned {len(found)} scores for {len(items)} observations")
        except (Exception, SystemExit) as error:
            return [failed(name, _why(error))] * len(items)
        return found

    def close(self) -> None:
        self._threads.close()


class Alone:
    """A scorer of which each call has a thread, or a task on the loop, of its own, up to a bound.

    `workers` are the run's, which all its scorers share.
    """

    def __init__(self, scorer: Scorer, workers: Workers) -> None:
        self._scorer = scorer
        self._is_async = inspect.iscoroutinefunction(scorer.score)
        self._threads = workers.threads if scorer.thread_safe else Threads(1, exclusive=True)
        self._places = workers.places if scorer.thread_safe else asyncio.Semaphore(1)
        self._watch = workers.watch
        workers.watch.expect(scorer.timeout_s or 0.0)

    async def __call__(self, item: Item) -> Score:
        try:
            if self._is_async:
                async with self._places:
                    found = score_now(self._scorer, item)
                    return found if isinstance(found, Score) else await self._awaited(found)
            if self._scorer.timeout_s is not None:
                self._watch.begin()
            found = await self._threads.run(partial(self._call, item), self._scorer.timeout_s, self._what)
            if isinstance(found, Score):
                return found
            async with self._places:
                return await self._awaited(found)
        except PromptevalError as error:
            return failed(self._scorer.name, error)

    def _call(self, item: Item) -> Score | Awaitable[object]:
        with self._watch.call(f"{self._what} (case {item[0].id})"):
            return score_now(self._scorer, item)

    @property
    def _what(self) -> str:
        return f"the scorer {self._scorer.name}"

    async def _awaited(self, found: Awaitable[object]) -> Score:
        """What the scorer's coroutine gives; it is cancelled at the deadline, and not waited for."""
        if self._scorer.timeout_s is None:
            return await _settled(self._scorer, found)
        task = asyncio.ensure_future(_settled(self._scorer, found))
        try:
            await asyncio.wait((task,), timeout=self._scorer.timeout_s)
        finally:
            if not task.done():
                task.cancel()
        if not task.done():
            raise DeadlineExceeded(self._what, self._scorer.timeout_s or 0.0)
        return task.result()

    def close(self) -> None:
        self._threads.close()


async def _settled(scorer: Scorer, found: Awaitable[object]) -> Score:
    try:
        return to_score(scorer.name, await awaited(found), scorer.threshold)
    except (Exception, SystemExit) as error:
        return failed(scorer.name, _why(error))


def lane_of(scorer: Scorer, workers: Workers) -> Lane | None:
    """How this scorer is called; None for one that only computes, and shares a thread."""
    if isinstance(scorer, BatchScorer):
        return Batches(scorer)
    if scorer.pace != "long" and not inspect.iscoroutinefunction(scorer.score):
        return None
    return Alone(scorer, workers)
