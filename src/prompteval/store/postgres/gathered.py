"""What comes one by one is stored together: all that came while a transaction ran is one job of the next."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from prompteval.core.held import Held
from prompteval.store.postgres.session import Session
from prompteval.store.writer import QUEUED_BYTES, Writer

T = TypeVar("T")


class Gathered(Generic[T]):
    """Items for one writer, stored by `store` in the order they came, each at least once.

    They are kept until they are surely committed, since a transaction may have to be run again; `ended` then
    has them, with whether they were committed. Any thread may add.
    """

    def __init__(
        self,
        writer: Writer[Session],
        store: Callable[[Session, list[T]], None],
        ended: Callable[[list[T], bool], None] = lambda items, stored: None,
    ) -> None:
        self._writer = writer
        self._store = store
        self._ended = ended
        self._items: deque[tuple[T, int]] = deque()
        self._held = Held(QUEUED_BYTES)
        self._lock = threading.Lock()
        self._job_waits = False
        self._taken = 0

    def add(self, item: T, size: int = 0) -> None:
        """Hand in an item of so many bytes; waits while many bytes are queued. Raises StoreError."""
        self._held.add_when_free(size)
        with self._lock:
            self._items.append((item, size))
            waits, self._job_waits = self._job_waits, True
        if waits:
            return
        try:
            self._writer.submit(self._job, after=self._after)
        except BaseException:  # the next item has to hand in a job of its own
            self._job_waits = False
            raise

    def _job(self, session: Session) -> None:
        with self._lock:
            self._job_waits = False
            items = [item for item, _ in self._items]
            self._taken = len(items)
        if items:
            self._store(session, items)

    def _after(self, stored: bool) -> None:
        with self._lock:
            count = self._taken if stored else len(self._items)
            gone = [self._items.popleft() for _ in range(count)]
            self._taken = 0
        self._held.remove(sum(size for _, size in gone))
        self._ended([item for item, _ in gone], stored)
