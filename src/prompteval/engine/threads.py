"""Plain functions off the event loop, in daemon threads that a deadline and Ctrl-C can leave behind."""

import asyncio
import ctypes
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from queue import SimpleQueue
from typing import Any, TypeVar

from prompteval.core.errors import DeadlineExceeded, PromptevalError
from prompteval.engine.escaped import Abandoned, called
from prompteval.engine.interruption import computing
from prompteval.isolate.exit_guard import forbid_exit_here

Result = TypeVar("Result")


class StillRunning(PromptevalError):
    """A call that was left behind has not ended, and no other may run beside it."""


class Threads:
    """Runs at most `most` functions at a time, each in a daemon thread; idle threads are used again.

    A thread whose caller is cancelled, or gave up at the deadline, is left behind and its place goes to
    a new one. With `exclusive` no call begins while one that was left behind still runs.
    """

    def __init__(self, most: int, *, exclusive: bool = False) -> None:
        self._places = asyncio.Semaphore(most)
        self._exclusive = exclusive
        self._idle: list[DaemonThread] = []
        self._left: list[DaemonThread] = []

    async def run(
        self, function: Callable[[], Result], timeout_s: float | None = None, what: str = "the call"
    ) -> Result:
        """What the function returns or raises.

        Raises DeadlineExceeded `timeout_s` seconds after the function began, StillRunning where an
        earlier call keeps this one from beginning.
        """
        with computing():
            await self._places.acquire()
        try:
            return await self._run(function, timeout_s, what)
        finally:
            self._places.release()

    async def _run(self, function: Callable[[], Result], timeout_s: float | None, what: str) -> Result:
        self._left = [thread for thread in self._left if thread.is_running]
        if self._exclusive and self._left:
            raise StillRunning(f"an earlier call of {what} has not ended")
        thread = self._idle.pop() if self._idle else DaemonThread()
        future = thread.begin(function)
        try:
            with computing():
                await asyncio.wait((future,), timeout=timeout_s)
        finally:
            if future.done():
                self._idle.append(thread)
            else:
                future.cancel()
                thread.leave()
                self._left.append(thread)
        if future.cancelled():
            raise DeadlineExceeded(what, timeout_s or 0.0)
        return future.result()

    def close(self) -> None:
        """End the idle threads; those that are left behind end with their call, or with the process."""
        for thread in self._idle:
            thread.end()
        self._idle.clear()


def _settle(future: "asyncio.Future[Any]", settle: Callable[[Any], None], result: object) -> None:
    if not future.done():
        settle(result)


class DaemonThread:
    """One daemon thread, which does one call after another."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="prompteval", daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def begin(self, function: Callable[[], Result]) -> "asyncio.Future[Result]":
        """Call the function with the context of the caller; the future gets its result."""
        loop, context = asyncio.get_running_loop(), copy_context()
        future: asyncio.Future[Result] = loop.create_future()

        def call() -> None:
            settle: Callable[..., None]
            try:
                result: object = context.run(called, function)
                settle = future.set_result
            except StopIteration as error:  # which no future can hold
                result, settle = RuntimeError(f"StopIteration: {error}"), future.set_exception
            except BaseException as error:
                result, settle = error, future.set_exception
            with suppress(RuntimeError):  # the loop has ended: nobody waits
                loop.call_soon_threadsafe(_settle, future, settle, result)

        self._calls.put(call)
        return future

    def leave(self) -> None:
        """Ask the running call to end, by an exception at its next step of Python, and the thread with it.

        Under a debugger or coverage Python 3.11 stops every thread until that step; there it is left alone.
        """
        self.end()
        stops_all = sys.version_info < (3, 12) and sys.gettrace() is not None
        if self._thread.ident is not None and not stops_all:
            raising = ctypes.pythonapi.PyThreadState_SetAsyncExc
            raising(ctypes.c_ulong(self._thread.ident), ctypes.py_object(Abandoned))

    def end(self) -> None:
        """End the thread after the call that runs."""
        self._calls.put(None)

    def _work(self) -> None:
        forbid_exit_here()
        with suppress(Abandoned):  # it may come a moment after the call has ended
            while (call := self._calls.get()) is not None:
                call()
