"""Runs cases against a target with bounded concurrency, and hands finished rows on in small groups."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from prompteval.core.case import Case
from prompteval.core.held import Held, text_bytes
from prompteval.core.hide_secrets import observation_without_secrets
from prompteval.core.observation import Observation, Row, Score
from prompteval.core.protocols import Target
from prompteval.engine.interruption import OF_CASE, STOPPING_KINDS, InThread, Stop
from prompteval.engine.row_groups import RowGroups
from prompteval.engine.same_failure import SERVER_STAGES, SameFailure
from prompteval.engine.scoring.scoring import Scoring
from prompteval.providers.layers import CASE

DRAIN_SECONDS = 5.0
# What a thread computes cannot be billed, and cannot be ended from outside either.
THREAD_DRAIN_SECONDS = 0.5
# A run that stops by itself, for lack of money for one, still scores what has been answered and paid.
SCORE_DRAIN_SECONDS = 60.0
# Answers are held in memory until they are scored: so many, of so many bytes of text in all.
MOST_UNSCORED = 1_000
UNSCORED_BYTES = 32_000_000
# Workers that wait for room all wake at once: often enough if they find room for a tenth.
UNSCORED_AT_WAKING = 0.9
MOST_WAITING = 9
# These say nothing about the case, which is left for another time.
TURNED_AWAY = frozenset({"paused", "budget", "expired"})


@dataclass(frozen=True, slots=True)
class EntryIdentity:
    """What the rows of one (suite, prompt, model) have in common."""

    run_id: str
    suite: str
    target: str
    fingerprint: str
    model: str


class RetryWaits:
    """How many cases of a job wait for a retry: each makes room for another case meanwhile."""

    def __init__(self) -> None:
        self.count = 0
        self.more: Callable[[], None] = lambda: None

    def __call__(self, change: int) -> None:
        self.count += change
        if change > 0:
            self.more()


async def run_cases(  # noqa: PLR0913 - each is one limit or output of a run
    entry: EntryIdentity,
    work: Iterable[tuple[Case, int]],
    target: Target,
    scoring: Scoring,
    *,
    concurrency: int,
    sink: Callable[[Sequence[Row]], None],
    on_row: Callable[[Row], None],
    stop: Stop,
    waiting: RetryWaits | None = None,
    answered: bool = False,
) -> None:
    """Run every (case, replicate) of `work`, at most `concurrency` at a time.

    `work` is drawn from as places come free, so it may be a generator over a long file; what
    it raises ends the run. A case that waits for a retry holds no place, up to MOST_WAITING times
    the concurrency. `sink` receives finished rows in groups, none later than STORE_SECONDS after it
    was finished; `on_row` each row at once. A case is scored after its target has answered and its place
    is free again; no new case starts while MOST_UNSCORED, or UNSCORED_BYTES of them, wait for their scores.
    When `stop` is set, no new case starts and what runs has DRAIN_SECONDS left, THREAD_DRAIN_SECONDS where a
    thread computes; a run that stops by itself scores what has been answered, for SCORE_DRAIN_SECONDS at
    most. A case that was turned away before a model answered it gives no row, nor does one without its scores
    when the run is stopped. First calls that all fail alike stop it, unless others were `answered` before.
    """
    crew = _Crew(
        entry, iter(work), target, scoring, concurrency, sink, on_row, stop, waiting or RetryWaits(),
        SameFailure(answered=answered),
    )  # fmt: skip
    await crew.run()


def _is_turned_away(observation: Observation) -> bool:
    """Whether no model answered the case; one that is turned away at a later call has paid for the first."""
    failure = observation.failure
    if failure is None or failure.type not in TURNED_AWAY:
        return False
    calls = (*observation.calls, *observation.user_calls)
    return all(call.finish == "unknown" for call in calls)


class _Crew:
    """The workers of one job, as many as there are places."""

    def __init__(  # noqa: PLR0913 - each is one limit or output of a run
        self,
        entry: EntryIdentity,
        todo: Iterator[tuple[Case, int]],
        target: Target,
        scoring: Scoring,
        concurrency: int,
        sink: Callable[[Sequence[Row]], None],
        on_row: Callable[[Row], None],
        stop: Stop,
        waiting: RetryWaits,
        same: SameFailure,
    ) -> None:
        self._entry = entry
        self._todo = todo
        self._target = target
        self._scoring = scoring
        self._concurrency = concurrency
        self._rows = RowGroups(sink, self._break)
        self._on_row = on_row
        self._stop = stop
        self._waiting = waiting
        self._workers: dict[asyncio.Task[None], InThread] = {}
        self._unscored: dict[asyncio.Task[None], InThread] = {}
        self._held = Held(UNSCORED_BYTES)
        self._room, self._all_scored = asyncio.Event(), asyncio.Event()
        self._all_scored.set()
        self._exhausted = False
        self._same = same

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
                if stopped.done():
                    break
                self._hire()  # workers that go in one turn, each since the others are too many, leave no one
            await self._last_scores(stopped)
        finally:
            self._waiting.more = lambda: None
            left = [*self._workers, *self._unscored, stopped]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            self._rows.flush()
            self._broken.cancel()

    async def _last_scores(self, stopped: "asyncio.Task[bool]") -> None:
        """Wait until all is scored; once stopped, drain."""
        scored = asyncio.create_task(self._all_scored.wait())
        try:
            if not stopped.done():
                watched: set[asyncio.Future[Any]] = {scored, self._broken, stopped}
                await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
            if stopped.done():
                self._room.set()
                await self._drain()
            self._dismiss()
        finally:
            scored.cancel()

    def _break(self, error: BaseException) -> None:
        """End the run with this error, where the workers are waited for."""
        if not self._broken.done():
            self._broken.set_exception(error)

    def _places(self) -> int:
        return self._concurrency + min(self._waiting.count, MOST_WAITING * self._concurrency)

    def _hire(self) -> None:
        while not self._exhausted and not self._stop.event.is_set() and len(self._workers) < self._places():
            waits = InThread()
            self._workers[asyncio.create_task(self._work(waits))] = waits

    async def _drain(self) -> None:
        """Wait for what is on its way, and after an interruption not for long where a thread computes."""
        clock = asyncio.get_running_loop().time
        began = clock()
        while left := self._worth_waiting(clock() - began):
            limits = (THREAD_DRAIN_SECONDS, DRAIN_SECONDS, SCORE_DRAIN_SECONDS)
            until = next(limit for limit in limits if clock() - began < limit)
            await asyncio.wait(left, timeout=began + until - clock(), return_when=asyncio.FIRST_COMPLETED)
            self._dismiss()

    def _worth_waiting(self, seconds: float) -> list[asyncio.Task[None]]:
        """What is still waited for so long after the stop."""
        answered = () if self._stop.interrupted or seconds >= SCORE_DRAIN_SECONDS else tuple(self._unscored)
        if seconds >= DRAIN_SECONDS:
            return list(answered)
        running = [*self._workers.items(), *self._unscored.items()]
        known = [task for task, waits in running if seconds < THREAD_DRAIN_SECONDS or not waits.count]
        return list({*known, *answered})

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
            observation = observation_without_secrets(await self._target(case, replicate))
            failure = observation.failure
            if failure is not None and failure.stage in SERVER_STAGES and failure.type in STOPPING_KINDS:
                self._stop.set(failure.message)
            elif reason := self._same.reason(observation):
                self._stop.set(reason)
            if not _is_turned_away(observation):
                self._score(case, replicate, observation)
            if done % 64 == 63:
                await asyncio.sleep(0)  # a target that never waits must not starve Ctrl-C
            while not self._has_room and not self._stop.event.is_set():  # one that leaves wakes all who wait
                self._room.clear()
                await self._room.wait()
            if self._stop.event.is_set() or len(self._workers) > self._places():
                return
        self._exhausted = True

    def _score(self, case: Case, replicate: int, observation: Observation) -> None:
        """Score now what takes no time, and the rest beside the cases that run."""
        scores = self._scoring.at_once(case, observation)
        if scores is not None:
            self._keep(case, replicate, observation, scores)
            return
        waits = InThread()
        size = text_bytes(observation)
        task = asyncio.create_task(self._score_later(case, replicate, observation, waits))
        self._unscored[task] = waits
        self._held.add(size)
        self._all_scored.clear()
        task.add_done_callback(partial(self._scored, size))

    @property
    def _has_room(self) -> bool:
        """Whether a case may start, for all that waits for its scores."""
        return len(self._unscored) < self._most_unscored and not self._held.is_full

    @property
    def _most_unscored(self) -> int:
        return max(MOST_UNSCORED, self._concurrency)

    async def _score_later(
        self, case: Case, replicate: int, observation: Observation, waits: InThread
    ) -> None:
        OF_CASE.set(waits)
        self._keep(case, replicate, observation, await self._scoring.scores(case, observation))

    def _scored(self, size: int, task: "asyncio.Task[None]") -> None:
        del self._unscored[task]
        self._held.remove(size)
        if len(self._unscored) <= UNSCORED_AT_WAKING * self._most_unscored and not self._held.is_full:
            self._room.set()
        if not self._unscored:
            self._all_scored.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._break(error)

    def _keep(self, case: Case, replicate: int, observation: Observation, scores: tuple[Score, ...]) -> None:
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
            scores=scores,
        )
        self._rows.add(row)
        self._on_row(row)
