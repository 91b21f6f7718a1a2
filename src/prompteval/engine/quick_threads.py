"""Plain functions off the event loop, most of which end at once."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeVar

from prompteval.engine.escaped import Abandoned, called
from prompteval.engine.interruption import computing
from prompteval.engine.threads import DaemonThread

Result = TypeVar("Result")
# A call that takes longer is slow: what waits behind it goes to other threads.
SLOW_SECONDS = 0.005
MOST_THREADS = 256
# A thread that is never without work hands over what has ended so often.
HAND_OVER_SECONDS = 0.001


@dataclass(slots=True, eq=False)
class _Call:
    """A call that waits or runs; `outcome` is its result or what it raised, once it has ended."""

    function: Callable[[], Any]
    context: Context
    future: "asyncio.Future[Any]"
    outcome: Any = None
    failed: bool = False

    def make(self) -> None:
        try:
            self.outcome = self.context.run(called, self.function)
        except StopIteration as error:  # which no future can hold
            self.outcome, self.failed = RuntimeError(f"StopIteration: {error}"), True
        except Abandoned:
            raise
        except BaseException as error:
            self.outcome, self.failed = error, True

    def settle(self) -> None:
        if self.future.done():
            return
        if self.failed:
            self.future.set_exception(self.outcome)
        else:
            self.future.set_result(self.outcome)


@dataclass(slots=True, eq=False)
class _Lane:
    """A thread that makes the calls that wait, one after the other."""

    thread: DaemonThread
    running: _Call | None = None


class QuickThreads:
    """Makes calls in as few threads as will do: to change threads takes longer than most calls.

    One thread makes what waits. Where it does not get on for SLOW_SECONDS, twice as many take over, up to
    MOST_THREADS. A call whose caller is cancelled is left behind with its thread, which ends with it.
    """

    def __init__(self) -> None:
        self._waiting: deque[_Call] = deque()
        self._ended: deque[_Call] = deque()
        self._lanes: list[_Lane] = []
        self._idle: list[DaemonThread] = []
        self._settled = self._seen = 0
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, function: Callable[[], Result]) -> Result:
        """What the function returns or raises."""
        loop = asyncio.get_running_loop()
        call = _Call(function, copy_context(), loop.create_future())
        self._waiting.append(call)
        if not self._lanes:
            self._begin(loop)
        try:
            with computing():
                found: Result = await call.future
                return found
        except asyncio.CancelledError:
            self._leave(call)
            raise

    def close(self) -> None:
        """End the idle threads; those that are left behind end with their call, or with the process."""
        if self._timer is not None:
            self._timer.cancel()
        for thread in self._idle:
            thread.end()
        self._idle.clear()

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        lane = _Lane(self._idle.pop() if self._idle else DaemonThread())
        self._lanes.append(lane)
        work = lane.thread.begin(lambda: self._work(lane, loop))
        work.add_done_callback(lambda done: self._rest(lane, done, loop))
        if self._timer is None:
            self._timer = loop.call_later(SLOW_SECONDS, self._look, loop)

    def _work(self, lane: _Lane, loop: asyncio.AbstractEventLoop) -> None:
        """In the thread: what waits, until nothing does."""
        handed_over = perf_counter()
        call: _Call | None = None
        try:
            while True:
                try:
                    call = self._waiting.popleft()
                except IndexError:
                    return
                if call.future.cancelled():
                    continue
                lane.running = call
                call.make()
                lane.running = None
                self._ended.append(call)
                call = None
                if perf_counter() - handed_over > HAND_OVER_SECONDS:
                    loop.call_soon_threadsafe(self._settle)
                    handed_over = perf_counter()
        except Abandoned:
            # It may come a moment after the call that it was for, and hit another.
            if call is not None and not call.future.done():
                self._waiting.appendleft(call)

    def _rest(self, lane: _Lane, work: "asyncio.Future[None]", loop: asyncio.AbstractEventLoop) -> None:
        """A thread found nothing more to do. What came since then has not been seen by any."""
        self._settle()
        work.result()
        if lane in self._lanes:
            self._lanes.remove(lane)
            self._idle.append(lane.thread)
        if self._waiting and not self._lanes:
            self._begin(loop)

    def _settle(self) -> None:
        while self._ended:
            self._ended.popleft().settle()
            self._settled += 1

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hand over what has ended; more threads where nothing did and something waits."""
        self._timer = None
        self._settle()
        if self._waiting and self._settled == self._seen:
            more = min(len(self._waiting), max(len(self._lanes), 1), MOST_THREADS - len(self._lanes))
            for _ in range(more):
                self._begin(loop)
        self._seen = self._settled
        if self._lanes and self._timer is None:
            self._timer = loop.call_later(SLOW_SECONDS, self._look, loop)

    def _leave(self, call: _Call) -> None:
        """Nobody waits for a call: where it runs, its thread is left behind."""
        lane = next((lane for lane in self._lanes if lane.running is call), None)
        if lane is not None:
            self._lanes.remove(lane)
            lane.thread.leave()
            if self._waiting and not self._lanes:
                self._begin(asyncio.get_running_loop())
