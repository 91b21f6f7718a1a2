"""One process at a time writes a database: a lock of its own beside the file.

SQLite locks its files itself, yet before 3.51.3 a writer and a checkpoint of two processes that meet at
one instant can damage a database (sqlite.org/wal.html, "the WAL-reset bug"). They never meet here.
"""

import fcntl
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prompteval.core.errors import StoreError

BUSY_SECONDS = 30.0
LOCK_SUFFIX = "-lock"


class WriteLock:
    """The right to write a database, taken for a transaction or a checkpoint and given back after it.

    The system gives it back when a process dies. Each connection that writes has a WriteLock of its own,
    so that the threads of one process wait for each other too.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        lock = path.with_name(path.name + LOCK_SUFFIX)
        flags = os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
        self._file = os.open(lock, flags, 0o600)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold it. Raises StoreError when others keep it for BUSY_SECONDS."""
        until = time.monotonic() + BUSY_SECONDS
        while not self._try():
            if time.monotonic() > until:
                raise StoreError(
                    str(self._path), f"another process has been writing for {BUSY_SECONDS:g} s; try again"
                )
            time.sleep(random.uniform(0.001, 0.008))
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _try(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Close the lock file. Safe to call twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
