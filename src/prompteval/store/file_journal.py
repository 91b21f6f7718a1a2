"""A run's journal in a file, whose lines become rows of the store when the run ends or continues."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from prompteval.store.journal import Attempt, AttemptJournal, read_attempts


class AttemptRows(Protocol):
    """Where the attempts of journals are kept."""

    def next_attempt(self, run_id: str) -> int: ...

    def add_attempts(self, run_id: str, attempts: Iterable[Attempt]) -> None: ...

    def flush(self) -> None: ...


class FileJournal(AttemptJournal):
    """See `RunJournal`. What a killed process left in the file is stored first."""

    def __init__(self, store: AttemptRows, run_id: str, directory: Path) -> None:
        super().__init__(directory, run_id, store.next_attempt(run_id))
        self._store = store
        self._run_id = run_id
        try:
            left = list(read_attempts(self.path))
            if left:
                store.add_attempts(run_id, left)
                self.restart(store.next_attempt(run_id))
        except BaseException:
            self.close(remove=False)
            raise

    async def written(self, attempt: int) -> None:
        """Each line is in the file once it is noted."""

    def finish(self) -> None:
        """Store what the journal holds, and remove it."""
        if not self.is_closed:
            self._store.flush()
            self._store.add_attempts(self._run_id, read_attempts(self.path))
            self.close(remove=True)

    def release(self) -> None:
        """Close it, and remove one to which nothing was written."""
        self.close(remove=self.began == 0)
