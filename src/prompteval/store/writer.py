"""The one writer: a thread that owns the write connection and commits in groups."""

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from prompteval.core.errors import StoreError
from prompteval.core.held import Held
from prompteval.store.connection import Database

Job = Callable[[sqlite3.Connection], object]
QUEUED_JOBS = 16
QUEUED_BYTES = 16_000_000
ROWS_A_STATEMENT = (64, 16, 4, 1)
# SQLite copies what a statement inserts.
STATEMENT_BYTES = 1_000_000


def insert_many(connection: sqlite3.Connection, into: str, rows: Sequence[Sequence[object]]) -> None:
    """`INSERT OR REPLACE INTO` so many rows, many of them in one statement.

    While a statement runs, Python's lock is free; taking it back for each row would hold up the
    event loop more than the rows themselves cost. `into` is the table, with its columns.
    """
    start = 0
    while start < len(rows):
        chunk = _chunk(rows, start)
        one = f"({','.join('?' * len(chunk[0]))})"
        sql = f"INSERT OR REPLACE INTO {into} VALUES {','.join([one] * len(chunk))}"
        connection.execute(sql, tuple(chain.from_iterable(chunk)))
        start += len(chunk)


def _chunk(rows: Sequence[Sequence[object]], start: int) -> Sequence[Sequence[object]]:
    """The rows of the next statement: as many as fit, and one at least."""
    for size in ROWS_A_STATEMENT:
        chunk = rows[start : start + size]
        if len(chunk) == size and (size == 1 or size_of(chain.from_iterable(chunk)) <= STATEMENT_BYTES):
            return chunk
    raise ValueError("no row is left")


def size_of(values: Iterable[object]) -> int:
    """The bytes of the texts, all ASCII, and blobs among some values."""
    return sum(len(value) for value in values if isinstance(value, str | bytes))


@dataclass(frozen=True, slots=True)
class _Queued:
    """A job, and how many bytes it holds."""

    job: Job
    size: int


class Writer:
    """Runs jobs in order on one connection, in transactions of all that is waiting.

    Jobs are gathered for `gather_s` seconds after the first, before the transaction begins, so that
    it is short and other processes get their turn; a flush or a close ends the gathering at once.
    A job's error is raised at the next call, and no later job runs: nothing is lost silently.
    """

    def __init__(self, database: Database, *, gather_s: float = 0.0) -> None:
        self._database = database
        self._gather_s = gather_s
        self._jobs: queue.Queue[_Queued | threading.Event | None] = queue.Queue(maxsize=QUEUED_JOBS)
        self._held = Held(QUEUED_BYTES)
        self._error: BaseException | None = None
        self._broken = False
        self._thread = threading.Thread(target=self._work, name="prompteval-store", daemon=True)
        self._thread.start()

    def submit(self, job: Job, size: int = 0) -> None:
        """Hand in a job that holds `size` bytes; waits when many jobs, or many bytes, are queued."""
        self._raise()
        self._held.add_when_free(size)
        self._jobs.put(_Queued(job, size))

    def flush(self) -> None:
        """Return when every job so far is committed."""
        done = threading.Event()
        self._jobs.put(done)
        done.wait()
        self._raise()

    def close(self) -> None:
        """Commit what is there, bring it to disk, and end the thread. Safe to call twice."""
        if self._thread.is_alive():
            self._jobs.put(None)
            self._thread.join()
        self._raise()

    def _raise(self) -> None:
        if self._error is not None:
            error, self._error = self._error, None
            if isinstance(error, StoreError):
                raise error
            raise StoreError(str(self._database.path), f"could not be written: {error}") from error

    def _work(self) -> None:
        ending = False
        while not ending:
            batch, waiting, ending = self._gather()
            if batch and not self._broken:
                try:
                    self._commit(batch)
                except BaseException as error:
                    self._error, self._broken = error, True
            size = sum(queued.size for queued in batch)
            batch.clear()
            self._held.remove(size)
            for event in waiting:
                event.set()
        self._finish()

    def _gather(self) -> tuple[list[_Queued], list[threading.Event], bool]:
        """(jobs, flushes that wait for them, whether this is the end)."""
        batch: list[_Queued] = []
        until = None
        while len(batch) < QUEUED_JOBS:
            try:
                wait = None if until is None else max(until - time.monotonic(), 0.0)
                queued = self._jobs.get(timeout=wait) if wait != 0.0 else self._jobs.get_nowait()
            except queue.Empty:
                return batch, [], False
            if queued is None:
                return batch, [], True
            if isinstance(queued, threading.Event):
                return batch, [queued], False
            batch.append(queued)
            if until is None:
                until = time.monotonic() + self._gather_s
        return batch, [], False

    def _commit(self, batch: list[_Queued]) -> None:
        with self._database.transaction() as connection:
            for queued in batch:
                queued.job(connection)

    def _finish(self) -> None:
        try:
            if not self._broken:
                self._database.settle()
            self._database.close()
        except (sqlite3.Error, StoreError) as error:
            self._error = error
