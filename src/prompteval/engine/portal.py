"""The event loop that an application's calls run on, regardless of the threads and loops they come from.

Connections belong to one loop. An application has many, or none: threads of a pool, a loop a request,
`asyncio.run` again and again. So all calls of a process share one loop, in a thread of its own, and every
caller waits for it in its own way.
"""

import asyncio
import atexit
import os
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")
CLOSING_SECONDS = 2.0
MOST_AHEAD = 100
_DONE: Any = object()


class Portal:
    """One loop in a daemon thread."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="prompteval-calls", daemon=True)
        self._thread.start()

    def start(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Begin some work there; a cancelled future cancels it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Its result, waited for in this thread; Ctrl-C cancels the work."""
        future = self.start(work)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    async def result(self, work: Coroutine[object, object, T]) -> T:
        """Its result, awaited on the caller's own loop; a cancelled caller cancels the work."""
        return await asyncio.wrap_future(self.start(work))

    def pieces(self, work: AsyncIterator[T]) -> Iterator[T]:
        """What an asynchronous iterator gives, one by one, waited for in this thread."""
        queue: asyncio.Queue[Any] = asyncio.Queue(MOST_AHEAD)
        pump = self.start(_pump(work, queue))
        try:
            while (piece := _given(self.wait(queue.get()))) is not _DONE:
                yield piece
        finally:
            pump.cancel()

    async def each(self, work: AsyncIterator[T]) -> AsyncIterator[T]:
        """The same, awaited on the caller's own loop."""
        queue: asyncio.Queue[object] = asyncio.Queue(MOST_AHEAD)
        pump = self.start(_pump(work, queue))
        try:
            while (piece := _given(await self.result(queue.get()))) is not _DONE:
                yield piece
        finally:
            pump.cancel()

    def stop(self) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSING_SECONDS)


async def _pump(work: AsyncIterator[object], queue: "asyncio.Queue[Any]") -> None:
    """All of an iterator in one task, so that its deadline is one; an error is the last piece."""
    try:
        async for piece in work:
            await queue.put(piece)
        await queue.put(_DONE)
    except Exception as error:
        await queue.put(_Broken(error))


@dataclass(frozen=True, slots=True)
class _Broken:
    error: Exception


def _given(piece: object) -> Any:  # noqa: ANN401 - any value of a call
    if isinstance(piece, _Broken):
        raise piece.error
    return piece


_lock = threading.Lock()
_portal: Portal | None = None
_closing: list[Any] = []


def portal() -> Portal:
    """The portal of this process; a forked child has its own."""
    global _portal
    with _lock:
        if _portal is None or _portal.pid != os.getpid():
            _portal = Portal()
            _closing.clear()
        return _portal


def close_at_exit(provider: object) -> None:
    """Close a provider of the portal before the interpreter ends, unless it was closed before."""
    with _lock:
        _closing.append(provider)


@atexit.register
def _end() -> None:
    global _portal
    ended, _portal = _portal, None
    if ended is None or ended.pid != os.getpid():
        return
    for provider in _closing:
        with suppress(Exception):
            ended.start(provider.aclose()).result(CLOSING_SECONDS)
    ended.stop()


def reset_in_child() -> None:
    """A forked child has the parent's lock in the state it was in, and none of its threads."""
    global _lock, _portal
    _lock, _portal = threading.Lock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=reset_in_child)
