"""Watches for a scorer that keeps Python's lock, which no thread of this process can end."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from prompteval.isolate.watchdog import Watchdog

BEAT_SECONDS = 0.5
GRACE_SECONDS = 5.0


class HeldWatch:
    """From the first call on, a watchdog ends the process GRACE_SECONDS after a deadline that cannot ring."""

    def __init__(self) -> None:
        self._running: Counter[str] = Counter()
        self._seconds = 0.0
        self._ended = threading.Event()
        self._watchdog: Watchdog | None = None
        self._thread: threading.Thread | None = None

    def expect(self, seconds: float) -> None:
        """A call may last so many seconds; the longest of all counts."""
        self._seconds = max(self._seconds, seconds)

    @contextmanager
    def call(self, name: str) -> Iterator[None]:
        """A call of the scorer `name` runs inside the block."""
        self._running[name] += 1
        if self._watchdog is None:  # before the call, which may let nothing else begin
            self._watchdog = Watchdog(self._seconds + GRACE_SECONDS)
            self._watchdog.beat(self._told())
            self._thread = threading.Thread(target=self._beat, name="prompteval-watch", daemon=True)
            self._thread.start()
        try:
            yield
        finally:
            self._running[name] -= 1

    def close(self) -> None:
        """Send the watchdog away."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        if self._watchdog is not None:
            self._watchdog.close()

    def _told(self) -> str:
        names = [name for name, count in self._running.copy().items() if count > 0]
        return f"the scorer {', '.join(sorted(names))}" if names else "a scorer"

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_SECONDS) and self._watchdog is not None:
            self._watchdog.beat(self._told())
