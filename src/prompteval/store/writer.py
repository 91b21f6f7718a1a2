"""The one writer: a thread that owns the write connection and commits in groups."""

import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from prompteval.core.errors import StoreError

Job = Callable[[sqlite3.Connection], object]
QUEUED_JOBS = 64


class Writer:
    """Runs jobs in order on one connection; commits whenever no job is waiting.

    A job's error is raised at the next call, and no later job runs: nothing is lost silently.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        self._jobs: queue.Queue[Job | threading.Event | None] = queue.Queue(maxsize=QUEUED_JOBS)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="prompteval-store", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Hand in a job; waits when many are queued."""
        self._raise()
        self._jobs.put(job)

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
            raise StoreError(str(self._path), f"could not be written: {error}") from error

    def _work(self) -> None:
        waiting: list[threading.Event] = []
        open_transaction = broken = False
        while True:
            job = self._jobs.get()
            try:
                if isinstance(job, threading.Event):
                    waiting.append(job)
                elif job is not None and not broken:
                    if not open_transaction:
                        self._connection.execute("BEGIN IMMEDIATE")
                        open_transaction = True
                    job(self._connection)
                if open_transaction and (job is None or self._jobs.empty()):
                    self._connection.execute("COMMIT")
                    open_transaction = False
            except BaseException as error:
                self._error, broken, open_transaction = error, True, False
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            if not open_transaction:
                for event in waiting:
                    event.set()
                waiting.clear()
            if job is None:
                break
        self._finish(broken)

    def _finish(self, broken: bool) -> None:
        try:
            if not broken:
                self._connection.execute("PRAGMA synchronous=FULL")
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            self._connection.close()
        except sqlite3.Error as error:
            self._error = error
