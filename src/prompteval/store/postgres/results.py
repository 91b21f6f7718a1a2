"""The results of a team in Postgres."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from prompteval.core.errors import RunEnded, StoreError
from prompteval.core.observation import Row
from prompteval.core.stored import EntryKey
from prompteval.store.hashes import FACTS, RECORD, Changed, Columns, contents_hash, record_hash
from prompteval.store.journal import Attempt
from prompteval.store.postgres.contents import (
    PostgresContents,
    attempt_pages,
    count_rows,
    row_pages,
    stored_record,
)
from prompteval.store.postgres.database import PostgresDatabase, refuse_ended
from prompteval.store.postgres.errors import store_error
from prompteval.store.postgres.gathered import Gathered
from prompteval.store.postgres.journal import PostgresJournal
from prompteval.store.postgres.lease import take_lease
from prompteval.store.postgres.reported import call_tokens, failure_of, reported_columns
from prompteval.store.postgres.schema import prepare, refuse_other
from prompteval.store.postgres.sent_batches import PostgresBatches
from prompteval.store.postgres.session import Session, key_text, read_key
from prompteval.store.postgres.writing import RowColumns, insert_attempts, insert_rows, stored_form
from prompteval.store.protocol import Checked, FailureCount
from prompteval.store.records import RunRecord, record_from
from prompteval.store.sent_batches import BatchFile
from prompteval.store.stored_runs import StoredRuns
from prompteval.store.typed import DAMAGE, dumps, loads
from prompteval.store.writer import Writer, size_of
from prompteval.workspace.store_place import POSTGRES

# Who added attempts that a journal of another store had.
_COPIED: Final = "copied"
# So many runs are looked at for one by its name: a prefix that more have is ambiguous anyway.
NEWEST: Final = 20
_UNSEEN: Final = (
    "SELECT suite, target, model, count(*) FROM prompteval_attempts"
    " LEFT JOIN prompteval_attempt_ends USING (run_id, writer, number) WHERE run_id = %s"
    " AND (outcome IS NULL OR outcome = 'cancelled') GROUP BY suite, target, model"
)


class PostgresStore(StoredRuns):
    """See `ResultsStore`. Several processes may write one run; the one that has its journal drives it."""

    def __init__(self, reader: Session, database: PostgresDatabase | None, checked: Checked | None) -> None:
        super().__init__(POSTGRES, checked)
        self._reader = reader
        self._database = database
        self._writer: Writer[Session] | None = None
        self._rows: Gathered[RowColumns] | None = None
        if database is not None:
            self._writer = Writer(database)
            self._rows = Gathered(self._writer, insert_rows)

    @classmethod
    def open(cls, *, readonly: bool = False, checked: Checked | None = None) -> "PostgresStore":
        """Open the results, and make the tables. Raises StoreError, and NoResults when only reading."""
        if readonly:
            reader = Session(readonly=True)
            try:
                refuse_other(reader)
            except BaseException:
                reader.close()
                raise
            return cls(reader, None, checked)
        session = Session()
        try:
            prepare(session)
            return cls(Session(readonly=True), PostgresDatabase(session), checked)
        except BaseException:
            session.close()
            raise

    def begin_run(self, run_id: str, manifest: Mapping[str, object], started: str) -> None:
        """Note that a run begins."""
        record = (run_id, started, None, None, None, dumps(manifest), None, None)
        values = (key_text(run_id), *record[1:], record_hash(record))
        sql = (
            f"INSERT INTO prompteval_runs ({RECORD}, hash) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (run_id) DO NOTHING"
        )
        self._write(lambda session: session.execute(sql, values))
        self._trusted.add(run_id)

    def continue_run(self, run_id: str) -> None:
        """Note that rows are added to a run that is here already. Raises DamagedRun."""
        self._trust(run_id)
        self._change_record(run_id, lambda session, record: {**record, "contents": None})
        self.flush()

    def open_journal(self, run_id: str, directory: Path) -> PostgresJournal:
        """The journal of a run, and the right to drive it. Raises as `ResultsStore` says."""
        if self._database is None:
            raise StoreError(POSTGRES, "was opened for reading only")
        session = Session()
        try:
            self._database.lease = take_lease(session, run_id)
        finally:
            session.close()
        return PostgresJournal(run_id, self._database.lease)

    def sent_batches(self, run_id: str, directory: Path) -> PostgresBatches:
        """What a run in batch mode has sent, from any machine; `directory` knows what this one collected."""
        return PostgresBatches(run_id, BatchFile(run_id, directory), self._reader, self._stored)

    def add_rows(self, rows: Iterable[Row]) -> None:
        """Store finished rows with their scores; of a key the first final row is kept."""
        if self._rows is None:
            raise StoreError(POSTGRES, "was opened for reading only")
        for row in rows:
            stored = stored_form(row)
            self._rows.add(stored, size_of(stored))

    def finish_run(
        self, run_id: str, verdict: str, exit_code: int, summary: Mapping[str, object], finished: str
    ) -> None:
        """Store how a run ended, with the hash of all it holds."""
        ended = {"finished": finished, "verdict": verdict, "exit_code": exit_code, "summary": dumps(summary)}

        def end(session: Session, record: dict[str, object]) -> Mapping[str, object]:
            return {**record, **ended, "contents": contents_hash(PostgresContents(session, run_id))}

        self._change_record(run_id, end)
        self.flush()

    def _change_record(
        self, run_id: str, change: Callable[[Session, dict[str, object]], Mapping[str, object]]
    ) -> None:
        """Rewrite a run's record with its hash; nobody adds rows meanwhile."""
        names = RECORD.split(", ")
        sets = ", ".join(f"{name} = %s" for name in names[1:])

        def work(session: Session) -> None:
            found = stored_record(session, run_id, lock="FOR UPDATE")
            if found is None:
                raise RunEnded(POSTGRES, f"run {run_id} no longer exists")
            record = change(session, dict(zip(names, found[:-1], strict=True)))
            fields = [record[name] for name in names]
            sql = f"UPDATE prompteval_runs SET {sets}, hash = %s WHERE run_id = %s"
            session.execute(sql, (*fields[1:], record_hash(fields), key_text(run_id)))

        self._write(work)

    def add_attempts(self, run_id: str, attempts: Iterable[Attempt]) -> None:
        """Store the attempts of a journal, and return when they are committed."""
        found = list(attempts)

        def work(session: Session) -> None:
            refuse_ended(session, [key_text(run_id)])
            insert_attempts(session, run_id, _COPIED, found)

        self._write(work)
        self.flush()

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

    def flush(self) -> None:
        """Return when everything handed in is committed."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Commit, give a lease back, and close. Safe to call twice."""
        self._reader.close()
        if self._writer is not None:
            self._writer.close()

    def runs(self, limit: int | None = None) -> list[RunRecord]:
        """Runs in the order they began, the last first; of a damaged one the record says so."""
        return self._records("TRUE", (), limit)

    def known(self, run_id: str) -> RunRecord | None:
        """The run of an id, damaged or not; None where there is none. Only its record is read."""
        return next(iter(self._records("run_id = %s", (key_text(run_id),), 1)), None)

    def set_name(self, name: str, run_id: str) -> None:
        """Call a run by a name, in place of the one that had it, and return when it is stored."""
        sql = "INSERT INTO prompteval_names VALUES (%s, %s)"
        sql += " ON CONFLICT (name) DO UPDATE SET run_id = EXCLUDED.run_id"
        self._write(lambda session: session.execute(sql, (name, key_text(run_id))))
        self.flush()

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

    def _stored(self, job: Callable[[Session], object]) -> None:
        self._write(job)
        self.flush()

    def _write(self, job: Callable[[Session], object]) -> None:
        if self._writer is None:
            raise StoreError(POSTGRES, "was opened for reading only")
        self._writer.submit(job)

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

    def _is_before_passing(self, run_id: str) -> bool:
        self._trust(run_id)
        with self._reading(run_id):
            found = stored_record(self._reader, run_id)
        with suppress(*DAMAGE):
            manifest = loads(found[5]) if found is not None else {}
            return manifest.get("prompteval") is not None and manifest.get("scores_pass") is None
        return False

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
