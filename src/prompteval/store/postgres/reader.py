"""The results of a team, read from Postgres."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from prompteval.core.stored import EntryKey
from prompteval.store.hashes import FACTS, RECORD, Changed, Columns
from prompteval.store.journal import Attempt
from prompteval.store.postgres.contents import (
    PostgresContents,
    attempt_pages,
    count_rows,
    row_pages,
)
from prompteval.store.postgres.errors import store_error
from prompteval.store.postgres.reported import call_tokens, failure_of, reported_columns
from prompteval.store.postgres.session import Session, key_text, read_key
from prompteval.store.protocol import Checked, FailureCount
from prompteval.store.records import RunRecord, record_from
from prompteval.store.stored_runs import StoredRuns
from prompteval.workspace.store_place import POSTGRES

# So many runs are looked at for one by its name: a prefix that more have is ambiguous anyway.
NEWEST: Final = 20
_UNSEEN: Final = (
    "SELECT suite, target, model, count(*) FROM prompteval_attempts"
    " LEFT JOIN prompteval_attempt_ends USING (run_id, writer, number) WHERE run_id = %s"
    " AND (outcome IS NULL OR outcome = 'cancelled') GROUP BY suite, target, model"
)


class PostgresReader(StoredRuns):
    """The reading half of `PostgresStore`."""

    def __init__(self, reader: Session, checked: Checked | None) -> None:
        super().__init__(POSTGRES, checked)
        self._reader = reader

    @abstractmethod
    def flush(self) -> None:
        """Return when everything handed in is committed."""

    def attempts(self, run_id: str) -> Iterator[Attempt]:
        """The attempts of a run, in the order they began."""
        self._trust(run_id)
        with self._reading(run_id):
            self.flush()
            yield from attempt_pages(self._reader, run_id)

    def unseen_attempts(self, run_id: str) -> dict[tuple[str, str, str], int]:
        """(suite, target, model) to the number of attempts whose end was not seen: possibly billed."""
        self._trust(run_id)
        with self._reading(run_id):
            self.flush()
            found = self._reader.execute(_UNSEEN, (key_text(run_id),))
        return {(read_key(one[0]), read_key(one[1]), read_key(one[2])): one[3] for one in found}

    def runs(self, limit: int | None = None) -> list[RunRecord]:
        """Runs in the order they began, the last first; of a damaged one the record says so."""
        return self._records("TRUE", (), limit)

    def known(self, run_id: str) -> RunRecord | None:
        """The run of an id, damaged or not; None where there is none. Only its record is read."""
        return next(iter(self._records("run_id = %s", (key_text(run_id),), 1)), None)

    def names(self) -> dict[str, str]:
        """Names to the ids of their runs, by name."""
        with self._reading():
            self.flush()
            found = self._reader.execute("SELECT name, run_id FROM prompteval_names ORDER BY name")
        return {one[0]: read_key(one[1]) for one in found}

    def _candidates(self, name: str) -> list[RunRecord]:
        """Not all of a team's runs: some that the name begins, and the newest up to the last that counts."""
        newest = self._records("TRUE", (), NEWEST)
        if all(record.manifest.get("side") for record in newest):
            return self.runs()
        found = self._records("starts_with(run_id, %s)", (key_text(name),), NEWEST)
        known = {record.run_id for record in newest}
        return [*newest, *(record for record in found if record.run_id not in known)]

    def _records(self, where: str, values: Sequence[object], limit: int | None) -> list[RunRecord]:
        sql = f"SELECT {RECORD}, hash FROM prompteval_runs WHERE {where} ORDER BY number DESC LIMIT %s"
        with self._reading():
            self.flush()
            found = self._reader.execute(sql, (*values, limit))
        return [record_from((read_key(one[0]), *one[1:])) for one in found]

    def row_count(self, run_id: str) -> int:
        """How many rows a run has. It may be asked every second: no hash is checked."""
        with self._reading(run_id):
            self.flush()
            return count_rows(self._reader, run_id)

    def failures(self, key: EntryKey, limit: int) -> list[FailureCount]:
        """The most frequent kinds of error, by number of cases."""
        cases: dict[str, int] = {}
        messages: dict[str, str] = {}
        last: dict[str, str] = {}
        for found in self._entry(key, "observation", where="outcome = 'error'"):
            with self._decoding(key.run_id, found[4]):
                kind, message = failure_of(found[-1])
            messages.setdefault(kind, message)
            if last.get(kind) != found[4]:
                cases[kind] = cases.get(kind, 0) + 1
                last[kind] = found[4]
        kinds = sorted(cases, key=lambda kind: (-cases[kind], kind))[:limit]
        return [FailureCount(kind, messages[kind], cases[kind]) for kind in kinds]

    def tokens(self, key: EntryKey) -> tuple[int | None, int | None]:
        """(prompt tokens, completion tokens) of every reply, cached ones too; None where none tells."""
        sums: list[int | None] = [None, None]
        for found in self._entry(key, "observation"):
            with self._decoding(key.run_id, found[4]):
                for place, count in call_tokens(found[-1]):
                    sums[place] = (sums[place] or 0) + count
        return sums[0], sums[1]

    def done(
        self, run_id: str, suite: str, target: str, fingerprint: str, model: str
    ) -> set[tuple[str, int]]:
        """(case id, replicate) of the rows that need not run again: all but those that ended in an error."""
        found = self._entry(EntryKey(run_id, suite, target, model), "fingerprint, outcome", narrow=True)
        return {(one[4], one[5]) for one in found if one[6] == fingerprint and one[7] != "error"}

    def _pages(
        self,
        run_id: str,
        columns: str,
        filters: Sequence[tuple[str, str]],
        *,
        narrow: bool = False,
        where: str = "",
    ) -> Iterator[Columns]:
        """What a question on one run gives, once the run is known to be whole."""
        self._trust(run_id)
        with self._reading(run_id):
            self.flush()
            yield from row_pages(self._reader, columns, run_id, filters, narrow=narrow, where=where)

    def _entry(
        self, key: EntryKey, columns: str, *, narrow: bool = False, where: str = ""
    ) -> Iterator[Columns]:
        filters = (("suite", key.suite), ("target", key.target), ("model", key.model))
        return self._pages(key.run_id, columns, filters, narrow=narrow, where=where)

    def _row_columns(self, run_id: str, filters: Sequence[str | None]) -> Iterator[Columns]:
        names = ("suite", "target", "model", "case_id")
        given = [(name, one) for name, one in zip(names, filters, strict=True) if one is not None]
        return self._pages(run_id, f"{FACTS}, case_json, observation, scores", given)

    def _entry_columns(self, key: EntryKey, *, reported: bool) -> Iterator[Columns]:
        more = ", observation" if reported else ""
        columns = f"outcome, latency_ms, confidence, case_json, scores{more}"
        for found in self._entry(key, columns):
            if not reported:
                yield found[4:]
                continue
            with self._decoding(key.run_id, found[4]):
                columns_reported = reported_columns(found[-1])
            yield (*found[4:-1], *columns_reported)

    def _first_observations(self, key: EntryKey, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
        filters = (("suite", key.suite), ("target", key.target), ("model", key.model))
        for name in ids:
            for found in self._pages(key.run_id, "observation", (*filters, ("case_id", name))):
                yield name, found[-1]
                break

    @contextmanager
    def _contents(self, run_id: str) -> Iterator[PostgresContents]:
        self.flush()
        with self._reader.transaction(snapshot=True):
            yield PostgresContents(self._reader, run_id)

    @contextmanager
    def _reading(self, run_id: str = "") -> Iterator[None]:
        import psycopg

        try:
            yield
        except Changed as error:
            raise self._damaged(run_id, str(error)) from None
        except psycopg.Error as error:
            raise store_error(error, "could not be read") from None
