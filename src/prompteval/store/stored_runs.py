"""What every store of results does alike: runs by name, hashes checked once, rows decoded."""

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from prompteval.core.errors import DamagedRun, UsageError
from prompteval.core.observation import Row
from prompteval.core.problem import did_you_mean
from prompteval.core.stored import EntryKey, RowFields, StoredRow
from prompteval.core.text import has_surrogate
from prompteval.store.hashes import Columns, RunContents, check_run
from prompteval.store.protocol import Checked
from prompteval.store.records import RunRecord
from prompteval.store.row_form import row_from, stored_row
from prompteval.store.run_names import NAME_PREFIX
from prompteval.store.typed import DAMAGE, loads


class StoredRuns(ABC):
    """The reading half of a `ResultsStore`, over the columns that one kind of database gives."""

    def __init__(self, place: str, checked: Checked | None) -> None:
        self.checked = checked
        self.place = place
        self._trusted: set[str] = set()

    @abstractmethod
    def runs(self, limit: int | None = None) -> list[RunRecord]: ...

    @abstractmethod
    def known(self, run_id: str) -> RunRecord | None:
        """The run of an id, damaged or not; None where there is none. Only its record is read."""

    @abstractmethod
    def _row_columns(self, run_id: str, filters: Sequence[str | None]) -> Iterator[Columns]:
        """KEY, FACTS, case, observation and scores of rows by key; `filters`: suite, target, model, case."""

    @abstractmethod
    def _entry_columns(self, key: EntryKey, *, reported: bool) -> Iterator[Columns]:
        """The columns of an entry's rows that `stored_row` takes."""

    @abstractmethod
    def _first_observations(self, key: EntryKey, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Each case with the stored observation of its first replicate."""

    @abstractmethod
    def _contents(self, run_id: str) -> AbstractContextManager[RunContents | None]:
        """One look at all of a run; None where the database is from before hashes."""

    @abstractmethod
    def _reading(self, run_id: str = "") -> AbstractContextManager[None]:
        """Every error of the database while a run, or the list of runs, is read becomes a StoreError."""

    def _candidates(self, name: str) -> list[RunRecord]:
        """The runs whose ids may begin with a name, and the one that `last` means, the last first."""
        return self.runs()

    @abstractmethod
    def names(self) -> dict[str, str]:
        """Names to the ids of their runs, by name."""

    def _named(self, name: str) -> str:
        """The id of the run that has a name. Raises UsageError."""
        known = self.names()
        if name not in known:
            fix = did_you_mean(name, known) if known else "`prompteval baseline set --name` names one"
            raise UsageError(f"no run is called {name!r}", fix)
        return known[name]

    def find(self, name: str) -> RunRecord:
        """A run by id, by a prefix that only one has, `last`, or `baseline:NAME`. Raises UsageError."""
        if name.startswith(NAME_PREFIX):
            name = self._named(name.removeprefix(NAME_PREFIX))
        if has_surrogate(name):  # as an argument that is no text has; no id can
            raise UsageError(f"no run matches {name!r}", "see `prompteval runs`")
        if name != "last" and (exact := self.known(name)) is not None:
            return exact
        records = self._candidates(name)
        if not records:
            raise UsageError("no runs yet", "`prompteval run` creates one")
        # A commit that was run to be compared with is not what anybody means by the last run.
        last = next((record for record in records if not record.manifest.get("side")), records[0])
        if name == "last":
            return last
        found = [record for record in records if record.run_id.startswith(name)]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(f"{name!r} matches {len(found)} run ids", "give more characters")
        raise UsageError(f"no run matches {name!r}", f"the last is {last.run_id}; see `prompteval runs`")

    def run(self, name: str) -> RunRecord:
        """A run as `find` has it, whole. Raises DamagedRun for one that is not as it was stored."""
        found = self.find(name)
        self.refuse_damaged(found)
        self._trust(found.run_id)
        return found

    def refuse_damaged(self, record: RunRecord) -> None:
        """Raise DamagedRun for a record that cannot be believed."""
        if record.damage:
            raise DamagedRun(self.place, record.run_id, record.damage)

    def rows(
        self,
        run_id: str,
        suite: str | None = None,
        target: str | None = None,
        model: str | None = None,
        case_id: str | None = None,
    ) -> Generator[Row, None, None]:
        """Rows with their scores, by suite, target, model, case id and replicate."""
        first_decides = self._is_before_passing(run_id)
        for found in self._row_columns(run_id, (suite, target, model, case_id)):
            with self._decoding(run_id, found[4]):
                row = row_from(found, first_decides=first_decides)
            yield row

    def entry_rows(self, key: EntryKey, fields: RowFields) -> Iterator[StoredRow]:
        """The rows of an entry with their scores, in order of case id and replicate."""
        for found in self._entry_columns(key, reported=fields.reported):
            try:  # `_decoding` would take as long as the row itself
                row = stored_row(found, mark=fields.mark)
            except DAMAGE as error:
                raise self._unreadable(key.run_id, found[0], error) from None
            yield row

    def texts(self, key: EntryKey, ids: Sequence[str]) -> dict[str, str]:
        """Case id to the text of its first replicate's output."""
        texts = {}
        # Not in the database: SQLite ends a text at a NUL, Postgres refuses one, and half a surrogate pair
        # has no UTF-8.
        for name, seen in self._first_observations(key, ids):
            with self._decoding(key.run_id, name):
                texts[name] = loads(seen).get("text") or ""
        return texts

    def _is_before_passing(self, run_id: str) -> bool:
        """Whether a run is from a version whose scores did not say if they pass."""
        self._trust(run_id)
        record = self.known(run_id)
        manifest = {} if record is None else record.manifest
        return manifest.get("prompteval") is not None and manifest.get("scores_pass") is None

    def _trust(self, run_id: str) -> None:
        """Hold a run against its hashes, the first time that anything of it is asked for."""
        if run_id in self._trusted:
            return
        mark = ""
        with self._reading(run_id), self._contents(run_id) as contents:
            if self.checked is not None and contents is not None:
                mark = _mark(contents)
            known = bool(mark) and (self.checked or {}).get(run_id) == mark
            whole = known or (contents is not None and check_run(contents))
        self._trusted.add(run_id)
        if not whole:  # from before hashes: at least everything can be read
            for _ in self.rows(run_id):
                pass
        if self.checked is not None and mark:
            self.checked[run_id] = mark

    @contextmanager
    def _decoding(self, run_id: str, case_id: object) -> Iterator[None]:
        """A stored row that is none of ours is damage of its run."""
        try:
            yield
        except DAMAGE as error:
            raise self._unreadable(run_id, case_id, error) from None

    def _unreadable(self, run_id: str, case_id: object, error: Exception) -> DamagedRun:
        return self._damaged(run_id, f"the row of case {str(case_id)[:60]!r} cannot be read: {error}")

    def _damaged(self, run_id: str, reason: str) -> DamagedRun:
        self._trusted.discard(run_id)
        if self.checked is not None:
            self.checked.pop(run_id, None)
        return DamagedRun(self.place, run_id, reason)


def _mark(contents: RunContents) -> str:
    """The hash of a run's record as it is stored; empty where it has none."""
    record = contents.record()
    return record[-1] if record is not None and type(record[-1]) is str else ""
