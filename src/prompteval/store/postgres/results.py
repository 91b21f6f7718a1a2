"""The results of a team in Postgres."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from prompteval.core.errors import RunEnded, StoreError
from prompteval.core.observation import Row
from prompteval.store.hashes import RECORD, contents_hash, record_hash
from prompteval.store.journal import Attempt
from prompteval.store.postgres.contents import PostgresContents, stored_record
from prompteval.store.postgres.database import PostgresDatabase, refuse_ended
from prompteval.store.postgres.gathered import Gathered
from prompteval.store.postgres.journal import PostgresJournal
from prompteval.store.postgres.lease import take_lease
from prompteval.store.postgres.reader import PostgresReader
from prompteval.store.postgres.schema import prepare, refuse_other
from prompteval.store.postgres.sent_batches import PostgresBatches
from prompteval.store.postgres.session import Session, key_text
from prompteval.store.postgres.writing import RowColumns, insert_attempts, insert_rows, stored_form
from prompteval.store.protocol import Checked
from prompteval.store.sent_batches import BatchFile
from prompteval.store.typed import dumps
from prompteval.store.writer import Writer, size_of
from prompteval.workspace.store_place import POSTGRES

# Who added attempts that a journal of another store had.
_COPIED: Final = "copied"


class PostgresStore(PostgresReader):
    """See `ResultsStore`. Several processes may write one run; the one that has its journal drives it."""

    def __init__(self, reader: Session, database: PostgresDatabase | None, checked: Checked | None) -> None:
        super().__init__(reader, checked)
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
        return PostgresBatches(run_id, BatchFile(run_id, directory), self._reader, self._write_and_wait)

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

        self._write_and_wait(work)

    def flush(self) -> None:
        """Return when everything handed in is committed."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Commit, give a lease back, and close. Safe to call twice."""
        self._reader.close()
        if self._writer is not None:
            self._writer.close()

    def set_name(self, name: str, run_id: str) -> None:
        """Call a run by a name, in place of the one that had it, and return when it is stored."""
        sql = "INSERT INTO prompteval_names VALUES (%s, %s)"
        sql += " ON CONFLICT (name) DO UPDATE SET run_id = EXCLUDED.run_id"
        self._write_and_wait(lambda session: session.execute(sql, (name, key_text(run_id))))

    def _write_and_wait(self, job: Callable[[Session], object]) -> None:
        self._write(job)
        self.flush()

    def _write(self, job: Callable[[Session], object]) -> None:
        if self._writer is None:
            raise StoreError(POSTGRES, "was opened for reading only")
        self._writer.submit(job)
