"""Runs cases against a target with bounded concurrency, and hands finished rows on in small groups."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from prompteval.core.case import Case
from prompteval.core.observation import Observation, Row, Score
from prompteval.core.protocols import Scorer, Target

DRAIN_SECONDS = 5.0
ROWS_PER_GROUP = 256
# After one of these every further call would fail the same way, so no new call starts.
FATAL_KINDS = frozenset({"quota", "auth", "no_credentials"})


@dataclass(slots=True)
class Stop:
    """Why no new case starts: set once, by Ctrl-C or by an error that no retry can mend."""

    reason: str = ""
    interrupted: bool = False
    event: asyncio.Event = field(default_factory=asyncio.Event)

    def set(self, reason: str, *, interrupted: bool = False) -> None:
        if not self.event.is_set():
            self.reason = reason
            self.interrupted = interrupted
            self.event.set()


@dataclass(frozen=True, slots=True)
class Entry:
    """What the rows of one (suite, prompt, model) have in common."""

    run_id: str
    suite: str
    target: str
    fingerprint: str
    model: str


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
) -> None:
    """Run every (case, replicate) of `work`, at most `concurrency` at a time.

    `work` is drawn from as places come free, so it may be a generator over a long file; what
    it raises ends the run. `sink` receives finished rows in groups, `on_row` each row at
    once. When `stop` is set, no new case starts and running ones have DRAIN_SECONDS left.
    """
    todo: Iterator[tuple[Case, int]] = iter(work)
    finished: list[Row] = []

    def flush() -> None:
        if finished:
            sink(tuple(finished))
            finished.clear()

    async def worker() -> None:
        for done, (case, replicate) in enumerate(todo):
            observation = await target(case, replicate)
            row = Row(
                run_id=entry.run_id,
                suite=entry.suite,
                target=entry.target,
                fingerprint=entry.fingerprint,
                model=entry.model,
                case=case,
                replicate=replicate,
                observation=observation,
                scores=score_all(scorers, case, observation),
            )
            finished.append(row)
            on_row(row)
            if len(finished) >= ROWS_PER_GROUP:
                flush()
            failure = observation.failure
            if failure is not None and failure.stage == "call" and failure.type in FATAL_KINDS:
                stop.set(failure.message)
            if done % 64 == 63:
                await asyncio.sleep(0)  # a target that never waits must not starve Ctrl-C
            if stop.event.is_set():
                return

    try:
        await _work_until_stopped([worker] * concurrency, stop)
    finally:
        flush()


async def _work_until_stopped(
    workers: Sequence[Callable[[], Coroutine[None, None, None]]], stop: Stop
) -> None:
    tasks = [asyncio.create_task(worker()) for worker in workers]
    stopped: asyncio.Task[bool] = asyncio.create_task(stop.event.wait())
    try:
        pending: set[asyncio.Task[None]] = set(tasks)
        while pending:
            await asyncio.wait({*pending, stopped}, return_when=asyncio.FIRST_COMPLETED)
            for task in [task for task in pending if task.done()]:
                pending.discard(task)
                task.result()
            if stopped.done() and pending:
                drained, _ = await asyncio.wait(pending, timeout=DRAIN_SECONDS)
                for task in drained:
                    task.result()
                return
    finally:
        stopped.cancel()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, stopped, return_exceptions=True)


def score_all(scorers: Sequence[Scorer], case: Case, observation: Observation) -> tuple[Score, ...]:
    """Every scorer's word on one observation; a scorer that raises is a failed score with its reason."""
    scores = []
    for scorer in scorers:
        try:
            scores.append(scorer.score(case, observation))
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            scores.append(Score(scorer.name, None, status="failed", reason=reason))
    return tuple(scores)


@asynccontextmanager
async def interruptible(stop: Stop) -> AsyncIterator[None]:
    """Ctrl-C once sets `stop` and lets running cases drain; twice raises KeyboardInterrupt at once."""
    loop = asyncio.get_running_loop()
    main = asyncio.current_task()

    def on_interrupt() -> None:
        if stop.event.is_set() and main is not None:
            main.cancel()
        else:
            stop.set("interrupted", interrupted=True)

    try:
        loop.add_signal_handler(signal.SIGINT, on_interrupt)
    except (NotImplementedError, RuntimeError, ValueError):  # no signals here: not the main thread
        yield
        return
    try:
        yield
    except asyncio.CancelledError:
        if stop.interrupted:
            raise KeyboardInterrupt from None
        raise
    finally:
        loop.remove_signal_handler(signal.SIGINT)
