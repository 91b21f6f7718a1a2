"""The one writer: a thread that owns the write connection and commits in groups."""

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from math import inf
from typing import Generic, Protocol, TypeVar

from prompteval.core.errors import StoreError
from prompteval.core.held import Held

C = TypeVar("C")
C_co = TypeVar("C_co", covariant=True)
QUEUED_JOBS = 16
QUEUED_BYTES = 16_000_000
ROWS_A_STATEMENT = (64, 16, 4, 1)
_SIZED = (str, bytes)
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
    return sum([len(value) for value in values if isinstance(value, _SIZED)])


class Transactions(Protocol[C_co]):
    """A database that a writer writes; without work it is called every `idle_s` seconds, never where None."""

    @property
    def place(self) -> str: ...

    @property
    def idle_s(self) -> float | None: ...

    def do(self, jobs: Sequence[Callable[[C_co], object]]) -> None:
        """Run jobs in one transaction, all of them or none; one that must be tried again runs them again."""
        ...

    def settle(self) -> None:
        """Bring to disk what was committed."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Queued(Generic[C]):
    """A job, how many bytes it holds, and whom to call when it is committed or lost."""

    job: Callable[[C], object]
    size: int
    after: Callable[[bool], None] | None


class Writer(Generic[C]):
    """Runs jobs in order on one connection, in transactions of all that is waiting.

    Jobs are gathered for `gather_s` seconds after the first, before the transaction begins, so that
    it is short and other processes get their turn; a flush or a close ends the gathering at once.
    A job's error is raised at the next call, and no later job runs: nothing is lost silently.
    `failure` keeps it.
    """

    def __init__(self, database: Transactions[C], *, gather_s: float = 0.0) -> None:
        self._database = database
        self._gather_s = gather_s
        self._jobs: queue.Queue[_Queued[C] | threading.Event | None] = queue.Queue(maxsize=QUEUED_JOBS)
        self._held = Held(QUEUED_BYTES)
        self._error: BaseException | None = None
        self._committed = time.monotonic()
        self.failure: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="prompteval-store", daemon=True)
        self._thread.start()

    def submit(
        self, job: Callable[[C], object], size: int = 0, after: Callable[[bool], None] | None = None
    ) -> None:
        """Hand in a job that holds `size` bytes; waits when many jobs, or many bytes, are queued.

        `after` is called by the writer's thread once the job is committed, or will never be.
        """
        self._raise()
        self._held.add_when_free(size)
        self._jobs.put(_Queued(job, size, after))

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
            raise StoreError(self._database.place, f"could not be written: {error}") from error

    def _work(self) -> None:
        ending = False
        while not ending:
            batch, waiting, ending = self._gather()
            idle = time.monotonic() - self._committed >= (self._database.idle_s or inf)
            if self.failure is None and (batch or (idle and not ending)):
                try:
                    self._commit(batch)
                except BaseException as error:
                    self._error = self.failure = error
            for queued in batch:
                self._call_after(queued)
            size = sum(queued.size for queued in batch)
            batch.clear()
            self._held.remove(size)
            for event in waiting:
                event.set()
        self._finish()

    def _call_after(self, queued: _Queued[C]) -> None:
        """Call whoever waits; what it raises is a failure, as an error of a job is, and ends no thread."""
        if queued.after is None:
            return
        try:
            queued.after(self.failure is None)
        except BaseException as error:
            self._error = self.failure = self.failure or error

    def _gather(self) -> tuple[list[_Queued[C]], list[threading.Event], bool]:
        """(jobs, flushes that wait for them, whether this is the end); nothing after `idle_s` without any."""
        batch: list[_Queued[C]] = []
        until = None
        while len(batch) < QUEUED_JOBS:
            try:
                wait = self._database.idle_s if until is None else max(until - time.monotonic(), 0.0)
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

    def _commit(self, batch: list[_Queued[C]]) -> None:
        self._database.do([queued.job for queued in batch])
        self._committed = time.monotonic()

    def _finish(self) -> None:
        try:
            if self.failure is None:
                self._database.settle()
            self._database.close()
        except (sqlite3.Error, StoreError) as error:
            self._error = error
