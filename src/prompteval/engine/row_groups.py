"""Finished rows, handed on in small groups."""

import asyncio
from collections.abc import Callable, Sequence

from prompteval.core.held import text_bytes
from prompteval.core.observation import Row

ROWS_PER_GROUP = 256
BYTES_PER_GROUP = 4_000_000
STORE_SECONDS = 0.02
Sink = Callable[[Sequence[Row]], None]


class RowGroups:
    """Hands rows to `sink` in groups, none later than STORE_SECONDS after it was added.

    `broken` takes what the sink raises where nobody waits for it.
    """

    def __init__(self, sink: Sink, broken: Callable[[BaseException], None]) -> None:
        self._sink = sink
        self._broken = broken
        self._finished: list[Row] = []
        self._bytes = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, row: Row) -> None:
        """Take one row; raises what the sink raises."""
        self._finished.append(row)
        self._bytes += text_bytes(row.observation)
        if len(self._finished) >= ROWS_PER_GROUP or self._bytes >= BYTES_PER_GROUP:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(STORE_SECONDS, self._flush_later)

    def flush(self) -> None:
        """Hand on what is there; raises what the sink raises."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._finished:
            finished, self._finished, self._bytes = tuple(self._finished), [], 0
            try:
                self._sink(finished)
            except KeyboardInterrupt:  # they may be stored or not; the next flush stores them
                self._finished = [*finished, *self._finished]
                raise

    def _flush_later(self) -> None:
        try:
            self.flush()
        except Exception as error:
            self._broken(error)
