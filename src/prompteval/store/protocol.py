"""The store of results, as the engine knows it; SQLite and Postgres are behind it.

A store may have several writers of one run: a row is known by (run, suite, target, model, case, replicate),
and of what is stored twice under one key an answer counts before an error. `testing.check_store` holds a
store to what is said here.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from prompteval.core.observation import Row
from prompteval.core.protocols import ResponseCache
from prompteval.core.request import Response, Usage
from prompteval.core.stored import EntryKey, RowFields, StoredRow
from prompteval.store.exchanges import ReadExchange
from prompteval.store.journal import Attempt, CaseKey
from prompteval.store.records import RunRecord
from prompteval.store.sent_batches import SentBatches

# A run's id to the hash of its record when all it held was whole.
Checked = dict[str, str]


@dataclass(frozen=True, slots=True)
class FailureCount:
    """A kind of error, the message of the first case that had it, and in how many cases it came."""

    kind: str
    message: str
    cases: int


class RunJournal(Protocol):
    """Where the attempts of a run are noted while it runs; one process at a time holds it.

    `began` and `ended` count this process's own attempts.
    """

    began: int
    ended: int

    def begin(self, case: CaseKey | None, key: str) -> int:
        """Note that an attempt is about to start; the number that names it."""
        ...

    async def written(self, attempt: int) -> None:
        """Return when a crash of this process can no longer lose that it began. Raises StoreError."""
        ...

    def end(self, attempt: int, outcome: str, ms: float, *, billed: bool, usage: Usage | None) -> None:
        """Note how an attempt ended: `ok`, `cancelled`, or the kind of its error."""
        ...

    def finish(self) -> None:
        """Return when all of it is in the store. Safe to call twice."""
        ...

    def release(self) -> None:
        """Give the journal back, finished or not. Safe to call twice."""
        ...


class ResultsStore(Protocol):
    """The results of all runs of a workspace, or of a team.

    A run that this store did not begin itself is checked against its hashes once, before anything of it is
    given out: what was changed since raises DamagedRun. Stores that share `checked` check a run once for all
    of them, until its record changes. What cannot be read or written raises StoreError.
    """

    checked: Checked | None

    @property
    def place(self) -> str:
        """Where it is, as messages name it; no credential is in it."""
        ...

    def begin_run(self, run_id: str, manifest: Mapping[str, object], started: str) -> None:
        """Note that a run begins."""
        ...

    def continue_run(self, run_id: str) -> None:
        """Note that rows are added to a run that is here already. Raises DamagedRun."""
        ...

    def open_journal(self, run_id: str, directory: Path) -> RunJournal:
        """The journal of a run; what a killed process left of it is stored first.

        Whoever holds it is the run's only driver. `directory` is the workspace's own, for what is kept in
        files. Raises UsageError when another process runs the same run.
        """
        ...

    def sent_batches(self, run_id: str, directory: Path) -> SentBatches:
        """What a run in batch mode has sent; whoever writes it has the journal of the run.

        `directory` is the workspace's own, for what is kept in files. Raises StoreError.
        """
        ...

    def add_rows(self, rows: Iterable[Row]) -> None:
        """Store finished rows with their scores, soon; `flush` waits. Only of a run that has not ended."""
        ...

    def finish_run(
        self, run_id: str, verdict: str, exit_code: int, summary: Mapping[str, object], finished: str
    ) -> None:
        """Store how a run ended, with the hash of all it holds, and bring everything to disk."""
        ...

    def add_attempts(self, run_id: str, attempts: Iterable[Attempt]) -> None:
        """Store the attempts of a journal, and return when they are committed."""
        ...

    def attempts(self, run_id: str) -> Iterator[Attempt]:
        """The attempts of a run, in the order they began; see `read_attempts` for the fields."""
        ...

    def unseen_attempts(self, run_id: str) -> dict[tuple[str, str, str], int]:
        """(suite, target, model) to the number of attempts whose end was not seen: possibly billed."""
        ...

    def flush(self) -> None:
        """Return when everything handed in is committed."""
        ...

    def close(self) -> None:
        """Commit and close. Safe to call twice."""
        ...

    def runs(self, limit: int | None = None) -> list[RunRecord]:
        """Runs in the order they began, the last first; of a damaged one the record says so."""
        ...

    def find(self, name: str) -> RunRecord:
        """A run by id, by a prefix that only one has, `last`, or `baseline:NAME`, damaged or not.

        Raises UsageError.
        """
        ...

    def known(self, run_id: str) -> RunRecord | None:
        """The run of an id, damaged or not; None where there is none."""
        ...

    def set_name(self, name: str, run_id: str) -> None:
        """Call a run by a name, in place of the one that had it, and return when it is stored."""
        ...

    def names(self) -> dict[str, str]:
        """Names to the ids of their runs, by name."""
        ...

    def run(self, name: str) -> RunRecord:
        """A run as `find` has it, whole. Raises DamagedRun for one that is not as it was stored."""
        ...

    def refuse_damaged(self, record: RunRecord) -> None:
        """Raise DamagedRun for a record that cannot be believed."""
        ...

    def rows(
        self,
        run_id: str,
        suite: str | None = None,
        target: str | None = None,
        model: str | None = None,
        case_id: str | None = None,
    ) -> Generator[Row, None, None]:
        """Rows with their scores, by suite, target, model, case id and replicate."""
        ...

    def row_count(self, run_id: str) -> int:
        """How many rows a run has. It may be asked every second: no hash is checked."""
        ...

    def entry_rows(self, key: EntryKey, fields: RowFields) -> Iterator[StoredRow]:
        """The rows of an entry with their scores, in order of case id and replicate."""
        ...

    def texts(self, key: EntryKey, ids: Sequence[str]) -> dict[str, str]:
        """Case id to the text of its first replicate's output."""
        ...

    def failures(self, key: EntryKey, limit: int) -> list[FailureCount]:
        """The most frequent kinds of error, by number of cases."""
        ...

    def tokens(self, key: EntryKey) -> tuple[int | None, int | None]:
        """(prompt tokens, completion tokens) of every reply, cached ones too; None where none tells."""
        ...

    def done(
        self, run_id: str, suite: str, target: str, fingerprint: str, model: str
    ) -> set[tuple[str, int]]:
        """(case id, replicate) of the rows that need not run again: all but those that ended in an error."""
        ...


class ReplyCache(ResponseCache, Protocol):
    """Replies by request key, kept. A reply that cannot be read counts as none, with a warning."""

    def exchange(self, key: str) -> tuple[dict[str, object], Response] | None:
        """The request as JSON values, and its reply; None where the cache does not have both."""
        ...

    def flush(self) -> None:
        """Return when everything handed in is committed."""
        ...

    def close(self) -> None:
        """Commit and close."""
        ...


@dataclass(frozen=True, slots=True)
class StoreSizes:
    """Bytes on disk, logs included."""

    results: int
    cache: int


class Backend(Protocol):
    """A place of results and cached replies, which is opened when it is wanted."""

    @property
    def place(self) -> str:
        """Where it is, as messages name it."""
        ...

    def open(self, *, readonly: bool = False, checked: Checked | None = None) -> ResultsStore:
        """The results, made where there are none; `readonly` only reads, and raises NoResults then."""
        ...

    def open_cache(self) -> ReplyCache:
        """The replies, made where there are none. Raises StoreError."""
        ...

    def has_cache(self) -> bool:
        """Whether there are replies; nothing is made."""
        ...

    def exchanges(self) -> AbstractContextManager[ReadExchange]:
        """Reads requests and replies for a report; none where there are none. Raises StoreError."""
        ...

    def sizes(self) -> StoreSizes:
        """What the results and the cache take."""
        ...

    def delete_runs(self, run_ids: Sequence[str]) -> set[str]:
        """Remove runs with everything of theirs; those that were there, and that nobody else removed.

        Raises UsageError, before any goes, where one is run now.
        """
        ...

    def delete_replies(self, before_day: int | None) -> int:
        """Remove replies stored before a day (days since 1970-01-01), all for None; how many went."""
        ...
