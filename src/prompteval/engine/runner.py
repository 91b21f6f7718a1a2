"""Runs cases against a target with bounded concurrency, and hands finished rows on in small groups."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from prompteval.core.case import Case
from prompteval.core.observation import Observation, Row, Score
from prompteval.core.protocols import Scorer, Target
from prompteval.core.secret import hide
from prompteval.core.unseen import hidden_in, hidden_in_score
from prompteval.engine.interruption import OF_CASE, InThread, Stop
from prompteval.providers.layers import CASE

DRAIN_SECONDS = 5.0
# What a thread computes cannot be billed, and cannot be ended from outside either.
THREAD_DRAIN_SECONDS = 0.5
ROWS_PER_GROUP = 256
STORE_SECONDS = 0.02
MOST_WAITING = 9
# These say nothing about the case, which is left for another time.
TURNED_AWAY = frozenset({"paused", "budget", "expired"})
# After one of these every further call would fail the same way, so no new call starts.
STOPPING_KINDS = frozenset({"paused", "budget", "quota", "auth", "no_credentials"})


@dataclass(frozen=True, slots=True)
class Entry:
    """What the rows of one (suite, prompt, model) have in common."""

    run_id: str
    suite: str
    target: str
    fingerprint: str
    model: str


class Waiting:
    """How many cases of a job wait for a retry: each makes room for another case meanwhile."""

    def __init__(self) -> None:
        self.count = 0
        self.more: Callable[[], None] = lambda: None

    def __call__(self, change: int) -> None:
        self.count += change
        if change > 0:
            self.more()


async def run_cases(
    entry: Entry,
    work: Iterable[tuple[Case, int]],
    target: Target,
    scorers: Sequence[Scorer],
    *,
    concurrency: int,
    sink: Callable[[Sequence[Row]], None],
    on_row: Callable[[Row], None],
    stop: Stop,
    waiting: Waiting | None = None,
) -> None:
    """Run every (case, replicate) of `work`, at most `concurrency` at a time.

    `work` is drawn from as places come free, so it may be a generator over a long file; what
    it raises ends the run. A case that waits for a retry holds no place, up to MOST_WAITING times
    the concurrency. `sink` receives finished rows in groups, none later than STORE_SECONDS after it
    was finished; `on_row` each row at once. When `stop` is set, no new case starts and running ones
    have DRAIN_SECONDS left, THREAD_DRAIN_SECONDS where a thread computes. A case that was turned
    away before it could be judged gives no row.
    """
    crew = _Crew(entry, iter(work), target, scorers, concurrency, sink, on_row, stop, waiting or Waiting())
    await crew.run()


class _Crew:
    """The workers of one job, as many as there are places."""

    def __init__(
        self,
        entry: Entry,
        todo: Iterator[tuple[Case, int]],
        target: Target,
        scorers: Sequence[Scorer],
        concurrency: int,
        sink: Callable[[Sequence[Row]], None],
        on_row: Callable[[Row], None],
        stop: Stop,
        waiting: Waiting,
    ) -> None:
        self._entry = entry
        self._todo = todo
        self._target = target
        self._scorers = scorers
        self._concurrency = concurrency
        self._sink = sink
        self._on_row = on_row
        self._stop = stop
        self._waiting = waiting
        self._finished: list[Row] = []
        self._timer: asyncio.TimerHandle | None = None
        self._workers: dict[asyncio.Task[None], InThread] = {}
        self._exhausted = False

    async def run(self) -> None:
        """Return when every case is done, or stopped; raise what a worker, the work or the sink raised."""
        loop = asyncio.get_running_loop()
        self._broken: asyncio.Future[None] = loop.create_future()
        stopped: asyncio.Task[bool] = asyncio.create_task(self._stop.event.wait())
        self._waiting.more = self._hire
        self._hire()
        try:
            while self._workers:
                watched: set[asyncio.Future[Any]] = {*self._workers, stopped, self._broken}
                await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
                self._dismiss()
                if stopped.done() and self._workers:
                    await self._drain()
                    return
        finally:
            self._waiting.more = lambda: None
            stopped.cancel()
            for task in self._workers:
                task.cancel()
            await asyncio.gather(*self._workers, stopped, return_exceptions=True)
            self._flush()
            self._broken.cancel()

    def _places(self) -> int:
        return self._concurrency + min(self._waiting.count, MOST_WAITING * self._concurrency)

    def _hire(self) -> None:
        while not self._exhausted and not self._stop.event.is_set() and len(self._workers) < self._places():
            waits = InThread()
            self._workers[asyncio.create_task(self._work(waits))] = waits

    async def _drain(self) -> None:
        """Wait for the cases that are on their way, and not for long where a thread computes."""
        await asyncio.wait(self._workers, timeout=THREAD_DRAIN_SECONDS)
        self._dismiss()
        called = [task for task, waits in self._workers.items() if not waits.count]
        if called:
            await asyncio.wait(called, timeout=DRAIN_SECONDS - THREAD_DRAIN_SECONDS)
            self._dismiss()

    def _dismiss(self) -> None:
        """Let finished workers go; raise what one of them raised."""
        for task in [task for task in self._workers if task.done()]:
            del self._workers[task]
            task.result()
        if self._broken.done():
            self._broken.result()

    async def _work(self, waits: InThread) -> None:
        OF_CASE.set(waits)
        entry = self._entry
        for done, (case, replicate) in enumerate(self._todo):
            CASE.set((entry.suite, entry.target, entry.model, case.id, replicate))
            observation = hidden_in(await self._target(case, replicate))
            failure = observation.failure
            if failure is not None and failure.stage == "call" and failure.type in STOPPING_KINDS:
                self._stop.set(failure.message)
            if failure is None or failure.type not in TURNED_AWAY:
                self._keep(case, replicate, observation)
            if done % 64 == 63:
                await asyncio.sleep(0)  # a target that never waits must not starve Ctrl-C
            if self._stop.event.is_set() or len(self._workers) > self._places():
                return
        self._exhausted = True

    def _keep(self, case: Case, replicate: int, observation: Observation) -> None:
        entry = self._entry
        row = Row(
            run_id=entry.run_id,
            suite=entry.suite,
            target=entry.target,
            fingerprint=entry.fingerprint,
            model=entry.model,
            case=case,
            replicate=replicate,
            observation=observation,
            scores=score_all(self._scorers, case, observation),
        )
        self._finished.append(row)
        self._on_row(row)
        if len(self._finished) >= ROWS_PER_GROUP:
            self._flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(STORE_SECONDS, self._flush_later)

    def _flush_later(self) -> None:
        try:
            self._flush()
        except Exception as error:  # raised where the workers are waited for
            if not self._broken.done():
                self._broken.set_exception(error)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._finished:
            finished, self._finished = tuple(self._finished), []
            try:
                self._sink(finished)
            except KeyboardInterrupt:  # they may be stored or not; the next flush stores them
                self._finished = [*finished, *self._finished]
                raise


def score_all(scorers: Sequence[Scorer], case: Case, observation: Observation) -> tuple[Score, ...]:
    """Every scorer's word on one observation; a scorer that raises is a failed score with its reason."""
    scores: list[Score] = []
    for scorer in scorers:
        try:
            score = scorer.score(case, observation)
            if not isinstance(score, Score):
                raise TypeError(f"score() returned {type(score).__name__}")
            scores.append(hidden_in_score(score))
        except (Exception, SystemExit) as error:  # sys.exit(0) would end the run as if it had passed
            reason = hide(f"{type(error).__name__}: {error}")
            scores.append(Score(scorer.name, None, status="failed", reason=reason))
    return tuple(scores)
