"""What a run in batch mode has sent, in the database, so that another machine collects it."""

from collections.abc import Callable, Sequence
from typing import Final

from prompteval.store.postgres.session import Session, key_text, read_key
from prompteval.store.sent_batches import BatchFile, SentBatch

_READ: Final = "SELECT model, batch, lines, part FROM prompteval_batches WHERE run_id = %s ORDER BY part"
_FORGET: Final = "DELETE FROM prompteval_batches WHERE run_id = %s"
_ADD: Final = "INSERT INTO prompteval_batches (run_id, part, model, batch, lines) VALUES (%s, %s, %s, %s, %s)"
Store = Callable[[Callable[[Session], object]], None]


class PostgresBatches:
    """See `SentBatches`. Which results have been collected is a fact of each machine, kept in its `file`.

    `store` does some work in a transaction of the run's driver, and returns when it is committed.
    """

    def __init__(self, run_id: str, file: BatchFile, reader: Session, store: Store) -> None:
        self._key = key_text(run_id)
        self._file = file
        self._reader = reader
        self._store = store

    def read(self) -> list[SentBatch]:
        """What any machine has sent; collected is what this one has."""
        collected = {one.batch for one in self._file.read() if one.collected}
        return [
            SentBatch(read_key(model), batch, lines, batch in collected, part)
            for model, batch, lines, part in self._reader.execute(_READ, (self._key,))
        ]

    def write(self, sent: Sequence[SentBatch]) -> None:
        """Store the list for every machine, and beside it what this one has collected."""
        values = [(self._key, one.part, key_text(one.model), one.batch, one.lines) for one in sent]

        def work(session: Session) -> None:
            session.execute(_FORGET, (self._key,))
            for one in values:
                session.execute(_ADD, one)

        self._store(work)
        self._file.write(sent)

    def remove(self) -> None:
        """Forget it, in the database and on this machine."""
        self._store(lambda session: session.execute(_FORGET, (self._key,)))
        self._file.remove()
