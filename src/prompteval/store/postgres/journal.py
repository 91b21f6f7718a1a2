"""The journal of a run in the database, so that another machine knows what one that died had begun."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from secrets import token_hex

from prompteval.core.errors import StoreError
from prompteval.core.request import Usage
from prompteval.store.journal import NO_CASE, Attempt, CaseKey
from prompteval.store.postgres.database import PostgresDatabase, refuse_ended
from prompteval.store.postgres.gathered import Gathered
from prompteval.store.postgres.lease import Lease
from prompteval.store.postgres.session import Session, key_text
from prompteval.store.postgres.writing import insert_begun, insert_ended
from prompteval.store.writer import Writer
from prompteval.workspace.store_place import POSTGRES


@dataclass(frozen=True, slots=True)
class _Note:
    """The beginning or the end of an attempt."""

    values: Attempt
    begins: bool


class PostgresJournal:
    """See `RunJournal`. Attempts that begin at the same time are one transaction, which their calls wait for.

    The lease is of the process that drives the run: without it, nothing is written any more.
    """

    def __init__(self, run_id: str, lease: Lease) -> None:
        self._run_id = run_id
        self._lease = lease
        self._id = token_hex(16)
        self._writer: Writer[Session] = Writer(PostgresDatabase(Session()))
        self._notes = Gathered(self._writer, self._store, self._ended)
        self._waiting: dict[int, tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = {}
        self._closed = False
        self._next = self.began = self.ended = 0

    def begin(self, case: CaseKey | None, key: str) -> int:
        """Note that an attempt is about to start; the number that names it."""
        number, self._next = self._next, self._next + 1
        loop = _running_loop()
        if loop is not None:
            self._waiting[number] = (loop, loop.create_future())
        self._notes.add(_Note((number, *(case or NO_CASE), key, round(time.time(), 3)), begins=True))
        self.began += 1
        return number

    async def written(self, attempt: int) -> None:
        """Return when that it began is committed. Raises StoreError."""
        found = self._waiting.get(attempt)
        if found is not None:
            try:
                await found[1]
            finally:
                del self._waiting[attempt]
        self._refuse_broken()

    def end(self, attempt: int, outcome: str, ms: float, *, billed: bool, usage: Usage | None) -> None:
        """Note how an attempt ended."""
        prompt = usage.prompt_tokens if usage is not None else None
        completion = usage.completion_tokens if usage is not None else None
        values = (attempt, outcome, round(ms, 3), int(billed), prompt, completion)
        self._notes.add(_Note(values, begins=False))
        self.ended += 1

    def finish(self) -> None:
        """Return when everything noted is committed."""
        self._writer.flush()
        self._refuse_broken()

    def release(self) -> None:
        """Commit and close."""
        if not self._closed:
            self._closed = True
            self._writer.close()

    def _store(self, session: Session, notes: Sequence[_Note]) -> None:
        self._lease.check(session)
        refuse_ended(session, [key_text(self._run_id)])
        insert_begun(session, self._run_id, self._id, [one.values for one in notes if one.begins])
        insert_ended(session, self._run_id, self._id, [one.values for one in notes if not one.begins])

    def _ended(self, notes: Sequence[_Note], stored: bool) -> None:
        """Called by the writer's thread: the calls that wait may start, or find that they may not."""
        for note in notes:
            found = self._waiting.get(note.values[0]) if note.begins else None
            if found is not None:
                with suppress(RuntimeError):  # its loop was closed, and nobody waits any more
                    found[0].call_soon_threadsafe(_settle, found[1])

    def _refuse_broken(self) -> None:
        failure = self._writer.failure
        if isinstance(failure, StoreError):
            raise failure
        if failure is not None:
            raise StoreError(POSTGRES, f"could not be written: {failure}") from failure


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _settle(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
