"""Watches for a scorer that keeps Python's lock, which no thread of this process can end."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from prompteval.isolate.watchdog import Watchdog

BEAT_SECONDS = 0.5
GRACE_SECONDS = 5.0
NAMED = 3


class LockWatchdog:
    """From the first call on, a watchdog ends the process GRACE_SECONDS after a deadline that cannot ring."""

    def __init__(self) -> None:
        self._running: dict[object, str] = {}
        self._seconds = 0.0
        self._ended = threading.Event()
        self._watchdog: Watchdog | None = None
        self._thread: threading.Thread | None = None

    def expect(self, seconds: float) -> None:
        """A call may last so many seconds; the longest of all counts."""
        self._seconds = max(self._seconds, seconds)

    def begin(self) -> None:
        """Have a watchdog, before a call that may let nothing else begin."""
        if self._watchdog is None:
            self._watchdog = Watchdog(self._seconds + GRACE_SECONDS)
            self._thread = threading.Thread(target=self._beat, name="prompteval-watch", daemon=True)
            self._thread.start()

    @contextmanager
    def call(self, words: str) -> Iterator[None]:
        """A call runs inside the block, in any thread; `words` name scorer and case."""
        mark = object()
        self._running[mark] = words
        if self._watchdog is not None:
            self._watchdog.beat(self._words())
        try:
            yield
        finally:
            del self._running[mark]

    def close(self) -> None:
        """End the watchdog."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        if self._watchdog is not None:
            self._watchdog.close()

    def _words(self) -> str:
        """The calls that run, the latest first."""
        running = list(self._running.copy().values())
        more = f" and {len(running) - NAMED} more" if len(running) > NAMED else ""
        return f"{', '.join(islice(reversed(running), NAMED))}{more}" if running else "a scorer"

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_SECONDS) and self._watchdog is not None:
            self._watchdog.beat(self._words())
