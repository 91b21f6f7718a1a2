"""Ctrl-C while a run is on its way, regardless of what its threads and its event loop are doing."""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import FrameType

HUNG_SECONDS = 1.0
LOOK_SECONDS = 0.2
# After one of these every further call would fail the same way, so no new call starts.
STOPPING_KINDS = frozenset({"paused", "budget", "quota", "auth", "no_credentials"})


@dataclass(slots=True)
class Stop:
    """Why no new case starts: set once, by Ctrl-C or by an error that no retry can fix."""

    reason: str = ""
    interrupted: bool = False
    event: asyncio.Event = field(default_factory=asyncio.Event)

    def set(self, reason: str, *, interrupted: bool = False) -> None:
        if not self.event.is_set():
            self.reason = reason
            self.interrupted = interrupted
            self.event.set()


@dataclass(slots=True)
class InThread:
    """How many threads one case waits for: such a case is not worth a drain, for nobody is paid."""

    count: int = 0


OF_CASE: ContextVar[InThread | None] = ContextVar("in_thread", default=None)


@contextmanager
def computing() -> Iterator[None]:
    """The case at hand waits for a thread of this process within the block, not for a server."""
    waits = OF_CASE.get()
    if waits is None:
        yield
        return
    waits.count += 1
    try:
        yield
    finally:
        waits.count -= 1


@asynccontextmanager
async def interruptible(stop: Stop) -> AsyncIterator[None]:
    """Ctrl-C once sets `stop` and lets running cases drain; twice raises KeyboardInterrupt at once.

    Once is enough where code of the workspace, a scorer for one, keeps the event loop from hearing of
    it for HUNG_SECONDS: KeyboardInterrupt is raised in that code.
    """
    main = asyncio.current_task()
    assert main is not None
    watch = _Watch(asyncio.get_running_loop(), main, stop)
    try:
        before = signal.signal(signal.SIGINT, watch.on_interrupt)
    except ValueError:  # not the main thread, which alone gets signals
        yield
        return
    try:
        yield
    except asyncio.CancelledError:
        if stop.interrupted:
            raise KeyboardInterrupt from None
        raise
    finally:
        watch.end()
        signal.signal(signal.SIGINT, before)


class _Watch:
    """Hands Ctrl-C to the event loop, and sees to it that the loop still answers afterwards."""

    def __init__(self, loop: asyncio.AbstractEventLoop, main: "asyncio.Task[object]", stop: Stop) -> None:
        self._loop = loop
        self._main = main
        self._stop = stop
        self._interrupted = False
        self._hung = False
        self._ended = False
        self._lock = threading.Lock()

    def on_interrupt(self, number: int, frame: FrameType | None) -> None:
        """Runs in the main thread, between two of its steps."""
        if self._hung or (self._interrupted and not self._stop.event.is_set()):
            self._stop.interrupted = True
            raise KeyboardInterrupt
        if self._interrupted or self._stop.event.is_set():
            self._loop.call_soon_threadsafe(self._main.cancel)
        else:
            self._loop.call_soon_threadsafe(lambda: self._stop.set("interrupted", interrupted=True))
        if not self._interrupted:
            self._interrupted = True
            threading.Thread(target=self._look, name="prompteval-interrupted", daemon=True).start()

    def end(self) -> None:
        with self._lock:
            self._ended = True

    def _look(self) -> None:
        """Interrupt the main thread as often as the loop does not answer for HUNG_SECONDS."""
        while not self._ended:
            answered = threading.Event()
            try:
                self._loop.call_soon_threadsafe(answered.set)
            except RuntimeError:  # closed
                return
            self._hung = not answered.wait(HUNG_SECONDS)
            with self._lock:
                if self._hung and not self._ended:
                    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            threading.Event().wait(LOOK_SECONDS)
