"""The prediction log of a process: records in from any thread, groups of lines out in a thread of its own.

A call never waits for it and never fails because of it. What cannot be written is tried again; what does not
fit is dropped, and counted.
"""

import asyncio
import atexit
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final, TypeAlias

from prompteval.core.errors import UsageError
from prompteval.core.prediction import LogRecord, record_line
from prompteval.core.prediction_sink import LogLine, PredictionSink
from prompteval.engine.logged_inputs import LOG_INPUTS, LogInputs, reduced
from prompteval.store.predictions import SHARED, open_sink

# Records that wait for a sink that is slow or down; further ones are dropped.
MOST_WAITING: Final = 10_000
_GROUP: Final = 1_000
_RETRY_S: Final = 1.0
_CLOSING_S: Final = 10.0
_RETENTION_S: Final = 3_600.0
_PAUSE_S: Final = 0.05

# A record, and the inputs of it that have one of a few declared values.
Waiting: TypeAlias = tuple[LogRecord, frozenset[str]]


class PredictionLog:
    """Writes records to a sink. `written` and `dropped` count them.

    `on_failure` is called when writing begins to fail. With `keep_s` what is older is removed, at once and
    then every hour.
    """

    def __init__(
        self,
        sink: PredictionSink,
        policy: LogInputs = "redacted",
        *,
        keep_s: float | None = None,
        on_failure: Callable[[Exception], None] | None = None,
        in_child: Callable[[], PredictionSink] | None = None,
    ) -> None:
        self._sink = sink
        self._in_child = in_child
        self._policy = policy
        self._keep_s = keep_s
        self._on_failure = on_failure
        self._begin()

    def _begin(self) -> None:
        self.written = 0
        self.dropped = 0
        self._failing = False
        self._closing = False
        self._next_removal = 0.0
        self._waiting: deque[Waiting] = deque()
        self._changed = threading.Condition()
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._work, name="prompteval-log", daemon=True)
        self._thread.start()

    def _begin_in_child(self) -> None:
        """After a fork: what waits is the parent's, and so are its thread, its lock and its sink."""
        try:
            self._sink = _Nowhere() if self._in_child is None else self._in_child()
        except Exception as error:
            self._sink = _Nowhere()
            self._failed(error)
        self._begin()

    def record(self, record: LogRecord, closed: frozenset[str] = frozenset()) -> None:
        """Hand in a record; `closed` as in `reduced`. Never waits for the sink, never raises."""
        if self._process != os.getpid():
            self._begin_in_child()
        with self._changed:
            if self._closing or len(self._waiting) >= MOST_WAITING:
                self.dropped += 1
                return
            self._waiting.append((record, closed))
            self._changed.notify()

    def close(self) -> None:
        """Write what waits, for ten seconds at most, and close the sink. Safe to call twice."""
        if self._process != os.getpid():
            return
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(_CLOSING_S)

    async def aclose(self) -> None:
        """The same without holding up the event loop."""
        await asyncio.to_thread(self.close)

    def _work(self) -> None:
        until = None
        while True:
            group = self._group()
            if group:
                self._write(group)
            self._remove_old()
            with self._changed:
                if not self._closing:
                    continue
                until = until or time.monotonic() + _CLOSING_S
                if not self._waiting or time.monotonic() > until:
                    self.dropped += len(self._waiting)
                    break
        try:
            self._sink.close()
        except Exception as error:
            self._failed(error)

    def _group(self) -> list[Waiting]:
        with self._changed:
            if not self._waiting and not self._closing:
                self._changed.wait(_RETENTION_S if self._keep_s is None else 60.0)
            return list(islice(self._waiting, _GROUP))

    def _write(self, group: list[Waiting]) -> None:
        """Write a group; it waits on where the sink fails. A record that has no JSON form is dropped."""
        lines = [line for record, closed in group if (line := self._line(record, closed)) is not None]
        try:
            self._sink.write(lines)
        except Exception as error:
            self._failed(error)
            with self._changed:
                self._changed.wait_for(lambda: self._closing, _RETRY_S)
            time.sleep(_PAUSE_S)
            return
        self._failing = False
        with self._changed:
            for _ in group:
                self._waiting.popleft()
            self.written += len(lines)
            self.dropped += len(group) - len(lines)

    def _line(self, record: LogRecord, closed: frozenset[str]) -> LogLine | None:
        try:
            found = reduced(record, self._policy, closed)
            return LogLine(found, record_line(found))
        except Exception as error:
            self._failed(error)
            return None

    def _remove_old(self) -> None:
        if self._keep_s is None or time.monotonic() < self._next_removal:
            return
        self._next_removal = time.monotonic() + _RETENTION_S
        try:
            self._sink.remove_before(time.time() - self._keep_s)
        except Exception as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        first, self._failing = not self._failing, True
        if first and self._on_failure is not None:
            self._on_failure(error)


def open_log(
    target: str,
    policy: LogInputs = "redacted",
    *,
    keep_s: float | None = None,
    on_failure: Callable[[Exception], None] | None = None,
) -> PredictionLog:
    """The log that a text names: a file, `sqlite:FILE`, `postgres`, `otlp`.

    What waits is written when the interpreter ends. A process that is forked from this one writes to a file
    of its own, under the name and its number, as two processes do not share a file. Raises UsageError where
    it cannot be written, MissingExtra where its package is not installed.
    """
    if policy not in LOG_INPUTS:
        raise UsageError(f"log_inputs must be one of {', '.join(LOG_INPUTS)}, not {policy!r:.60}")
    log = PredictionLog(
        open_sink(target),
        policy,
        keep_s=keep_s,
        on_failure=on_failure,
        in_child=lambda: open_sink(target if target in SHARED else f"{target}.{os.getpid()}"),
    )
    atexit.register(log.close)
    return log


class _Nowhere:
    """Takes nothing: the log of a child that cannot open one of its own."""

    def write(self, lines: Sequence[LogLine]) -> None:
        raise OSError("the log of this process cannot be opened")

    def remove_before(self, time: float) -> None:
        """Nothing is there."""

    def close(self) -> None:
        """Nothing is open."""
