"""The results of a workspace, read from a database of SQLite."""

import sqlite3
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from prompteval.core.errors import StoreError
from prompteval.core.stored import EntryKey
from prompteval.store.connection import FAULTS, open_for_reading
from prompteval.store.hashes import FACTS, KEY, RECORD, Changed, Columns
from prompteval.store.journal import Attempt
from prompteval.store.protocol import Checked, FailureCount
from prompteval.store.records import RunRecord, record_from
from prompteval.store.results_schema import HASHED_VERSION, MIGRATIONS, NAMED_VERSION, UNHASHED
from prompteval.store.run_contents import SqliteContents
from prompteval.store.stored_runs import StoredRuns

_REPORTED = (
    ", json_extract(observation, '$.details'), json_extract(observation, '$.logprobs'),"
    " json_extract(observation, '$.calls[#-1].usage.completion_tokens'),"
    " json_extract(observation, '$.calls'), json_extract(observation, '$.trace.timings'),"
    " json_extract(observation, '$.priced_usd')"
)


class SqliteReader(StoredRuns):
    """The reading half of `SqliteStore`."""

    def __init__(self, path: Path, checked: Checked | None) -> None:
        super().__init__(str(path), checked)
        self._path = path
        self._reader: sqlite3.Connection | None = None
        self._hashed = self._named_runs = True

    @abstractmethod
    def flush(self) -> None:
        """Return when everything handed in is committed."""

    def attempts(self, run_id: str) -> Iterator[Attempt]:
        """The attempts of a run, in the order they began; see `read_attempts` for the fields."""
        self._trust(run_id)
        with self._reading(run_id):
            yield from SqliteContents(self._read(), run_id).attempts()

    def unseen_attempts(self, run_id: str) -> dict[tuple[str, str, str], int]:
        """(suite, target, model) to the number of attempts whose end was not seen: possibly billed."""
        sql = (
            "SELECT suite, target, model, count(*) FROM attempts WHERE run_id = ?"
            " AND (outcome IS NULL OR outcome = 'cancelled') GROUP BY suite, target, model"
        )
        found = self._query(run_id, sql, (run_id,))
        return {(suite, target, model): n for suite, target, model, n in found}

    def next_attempt(self, run_id: str) -> int:
        """The number that the next attempt of a run takes."""
        sql = "SELECT number FROM attempts WHERE run_id = ? ORDER BY number DESC LIMIT 1"
        with self._reading(run_id):  # of a run that may not have begun
            found = self._read().execute(sql, (run_id,)).fetchone()
        return found[0] + 1 if found is not None and type(found[0]) is int else 0

    def runs(self, limit: int | None = None) -> list[RunRecord]:
        """Runs in the order they began, the last first; of a damaged one the record says so."""
        return self._records("TRUE", (), limit)

    def known(self, run_id: str) -> RunRecord | None:
        """The run of an id, damaged or not; None where there is none. Only its record is read."""
        return next(iter(self._records("run_id = ?", (run_id,), 1)), None)

    def _records(self, where: str, values: Sequence[object], limit: int | None) -> list[RunRecord]:
        with self._reading():
            reader = self._read()
            fields, order = f"{RECORD}, hash", "number"
            if not self._hashed:
                fields, order = f"{RECORD.replace('contents', 'NULL')}, '{UNHASHED}'", "rowid"
            sql = f"SELECT {fields} FROM runs WHERE {where} ORDER BY {order} DESC LIMIT ?"
            # Bytes that are no UTF-8 in one record would hide the others; as another text they miss its hash.
            reader.text_factory = _legible
            try:
                found = reader.execute(sql, (*values, -1 if limit is None else limit))
                return [record_from(one) for one in found]
            finally:
                reader.text_factory = str

    def names(self) -> dict[str, str]:
        """Names to the ids of their runs, by name."""
        with self._reading():
            reader = self._read()
            return (
                dict(reader.execute("SELECT name, run_id FROM names ORDER BY name"))
                if self._named_runs
                else {}
            )

    def _row_columns(self, run_id: str, filters: Sequence[str | None]) -> Iterator[Columns]:
        where, values = _where(run_id, *filters)
        sql = (
            f"SELECT {KEY}, {FACTS}, case_json, observation, scores"
            f" FROM rows LEFT JOIN scores USING ({KEY}) WHERE {where} ORDER BY {KEY}"
        )
        return self._query(run_id, sql, values)

    def row_count(self, run_id: str) -> int:
        """How many rows a run has. It may be asked every second: no hash is checked."""
        with self._reading(run_id):
            return SqliteContents(self._read(), run_id).row_count()

    def _entry_columns(self, key: EntryKey, *, reported: bool) -> Iterator[Columns]:
        where, values = _where(key.run_id, key.suite, key.target, key.model)
        more = _REPORTED if reported else ""
        sql = (
            f"SELECT case_id, replicate, outcome, latency_ms, confidence, case_json, scores{more}"
            f" FROM rows LEFT JOIN scores USING ({KEY}) WHERE {where} ORDER BY case_id, replicate"
        )
        return self._query(key.run_id, sql, values)

    def _first_observations(self, key: EntryKey, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
        where, values = _where(key.run_id, key.suite, key.target, key.model)
        sql = f"SELECT observation FROM rows WHERE {where} AND case_id = ? ORDER BY replicate LIMIT 1"
        for name in ids:
            for (seen,) in self._query(key.run_id, sql, [*values, name]):
                yield name, seen

    def failures(self, key: EntryKey, limit: int) -> list[FailureCount]:
        """The most frequent kinds of error, by number of cases."""
        where, values = _where(key.run_id, key.suite, key.target, key.model)
        sql = (
            "SELECT json_extract(observation, '$.failure.type') AS kind,"
            " json_extract(observation, '$.failure.message'), count(DISTINCT case_id) AS cases, min(case_id)"
            f" FROM rows WHERE {where} AND outcome = 'error' GROUP BY kind ORDER BY cases DESC, kind LIMIT ?"
        )
        found = self._query(key.run_id, sql, [*values, limit])
        return [FailureCount(kind, message, cases) for kind, message, cases, _ in found]

    def tokens(self, key: EntryKey) -> tuple[int | None, int | None]:
        """(prompt tokens, completion tokens) of every reply, cached ones too; None where none tells."""
        where, values = _where(key.run_id, key.suite, key.target, key.model)
        used = "json_extract(call.value, '$.usage.{}')"
        sql = (
            f"SELECT sum({used.format('prompt_tokens')}), sum({used.format('completion_tokens')})"
            f" FROM rows, json_each(observation, '$.calls') AS call WHERE {where}"
        )
        prompt, completion = next(self._query(key.run_id, sql, values))
        return prompt, completion

    def done(
        self, run_id: str, suite: str, target: str, fingerprint: str, model: str
    ) -> set[tuple[str, int]]:
        """(case id, replicate) of the rows that need not run again: all but those that ended in an error."""
        sql = (
            "SELECT case_id, replicate FROM rows WHERE run_id = ? AND suite = ? AND target = ?"
            " AND fingerprint = ? AND model = ? AND outcome != 'error'"
        )
        return set(self._query(run_id, sql, (run_id, suite, target, fingerprint, model)))

    def _read(self) -> sqlite3.Connection:
        self.flush()
        if self._reader is None:
            self._reader = open_for_reading(self._path, MIGRATIONS)
            version = self._reader.execute("PRAGMA user_version").fetchone()[0]
            self._hashed, self._named_runs = version >= HASHED_VERSION, version >= NAMED_VERSION
        return self._reader

    def _query(self, run_id: str, sql: str, values: Sequence[object]) -> Iterator[Columns]:
        """What a question on one run gives, once the run is known to be whole."""
        self._trust(run_id)
        with self._reading(run_id):
            yield from self._read().execute(sql, values)

    @contextmanager
    def _contents(self, run_id: str) -> Iterator[SqliteContents | None]:
        reader = self._read()
        reader.execute("BEGIN")  # one look: another process may be writing the run
        try:
            yield SqliteContents(reader, run_id) if self._hashed else None
        finally:
            reader.execute("COMMIT")

    @contextmanager
    def _reading(self, run_id: str = "") -> Iterator[None]:
        """Every error that SQLite raises for a damaged file becomes a StoreError."""
        try:
            yield
        except Changed as error:
            raise self._damaged(run_id, str(error)) from None
        except FAULTS as error:
            if run_id:
                raise self._damaged(run_id, str(error)) from None
            raise StoreError(str(self._path), f"could not be read: {error}") from None


def _legible(text: bytes) -> str:
    return text.decode("utf-8", "backslashreplace")


def _where(
    run_id: str, suite: str | None, target: str | None, model: str | None, case_id: str | None = None
) -> tuple[str, list[str]]:
    parts, values = ["run_id = ?"], [run_id]
    named = (("suite", suite), ("target", target), ("model", model), ("case_id", case_id))
    for name, value in named:
        if value is not None:
            parts.append(f"{name} = ?")
            values.append(value)
    return " AND ".join(parts), values
