"""The results of a workspace in a database of SQLite."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from prompteval.core.errors import StoreError
from prompteval.core.observation import Row
from prompteval.store.connection import open_database, open_for_reading
from prompteval.store.file_journal import FileJournal
from prompteval.store.hashes import RECORD, contents_hash, record_hash
from prompteval.store.journal import Attempt
from prompteval.store.protocol import Checked
from prompteval.store.reader import SqliteReader
from prompteval.store.results_schema import MIGRATIONS, UNHASHED
from prompteval.store.row_form import hashed_columns
from prompteval.store.run_contents import SqliteContents
from prompteval.store.sent_batches import BatchFile
from prompteval.store.typed import dumps
from prompteval.store.writer import Writer, insert_many, size_of


class SqliteStore(SqliteReader):
    """See `ResultsStore`: the results of all runs of a workspace."""

    def __init__(
        self, path: Path, writer: Writer[sqlite3.Connection] | None, checked: Checked | None = None
    ) -> None:
        super().__init__(path, checked)
        self._writer = writer

    @classmethod
    def open(cls, path: Path, *, readonly: bool = False, checked: Checked | None = None) -> "SqliteStore":
        """Open or make the database. Raises StoreError for a file that cannot be used."""
        if readonly:
            open_for_reading(path, MIGRATIONS).close()
            return cls(path, None, checked)
        return cls(path, Writer(open_database(path, MIGRATIONS)), checked)

    def begin_run(self, run_id: str, manifest: Mapping[str, object], started: str) -> None:
        """Note that a run begins."""
        record = (run_id, started, None, None, None, dumps(manifest), None, None)
        sql = f"INSERT INTO runs ({RECORD}, hash) VALUES (?,?,?,?,?,?,?,?,?)"
        self._write(lambda connection: connection.execute(sql, (*record, record_hash(record))))
        self._trusted.add(run_id)

    def continue_run(self, run_id: str) -> None:
        """Note that rows are added to a run that is here already. Raises DamagedRun."""
        self._trust(run_id)
        self._change_record(run_id, lambda connection, record: {**record, "contents": None})

    def add_rows(self, rows: Iterable[Row]) -> None:
        """Store finished rows with their scores; a row stored twice replaces the first."""
        stored: list[tuple[object, ...]] = []
        scored: list[tuple[object, ...]] = []
        for row in rows:
            key, facts, texts, mark = hashed_columns(row)
            stored.append((*key, *facts, *texts[:2]))
            scored.append((*key, texts[2], mark))

        def work(connection: sqlite3.Connection) -> None:
            insert_many(connection, "rows", stored)
            insert_many(connection, "scores", scored)

        self._write(work, size_of(chain(*stored, *scored)))

    def finish_run(
        self, run_id: str, verdict: str, exit_code: int, summary: Mapping[str, object], finished: str
    ) -> None:
        """Store how a run ended, with the hash of all it holds, and bring everything to disk."""
        ended = {"finished": finished, "verdict": verdict, "exit_code": exit_code, "summary": dumps(summary)}
        self._change_record(
            run_id,
            lambda connection, record: {
                **record,
                **ended,
                "contents": contents_hash(SqliteContents(connection, run_id)),
            },
        )
        self.flush()

    def _change_record(
        self,
        run_id: str,
        change: Callable[[sqlite3.Connection, dict[str, object]], Mapping[str, object]],
    ) -> None:
        """Rewrite a run's record with its hash. A run from before hashes stays one."""

        def work(connection: sqlite3.Connection) -> None:
            found = SqliteContents(connection, run_id).record()
            if found is None:
                raise sqlite3.DatabaseError(f"run {run_id} no longer exists")
            *values, mark = found
            names = RECORD.split(", ")
            record = change(connection, dict(zip(names, values, strict=True)))
            fields = [record[name] for name in names]
            mark = mark if mark == UNHASHED else record_hash(fields)
            sets = ", ".join(f"{name} = ?" for name in names)
            connection.execute(f"UPDATE runs SET {sets}, hash = ? WHERE run_id = ?", (*fields, mark, run_id))

        self._write(work)

    def add_attempts(self, run_id: str, attempts: Iterable[Attempt]) -> None:
        """Store the attempts of a journal, and return when they are committed."""
        sql = "INSERT OR REPLACE INTO attempts VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
        self._write(lambda connection: connection.executemany(sql, ((run_id, *one) for one in attempts)))
        self.flush()

    def open_journal(self, run_id: str, directory: Path) -> FileJournal:
        """The journal of a run, a file in `directory` until the run ends. Raises as `ResultsStore` says."""
        return FileJournal(self, run_id, directory)

    def sent_batches(self, run_id: str, directory: Path) -> BatchFile:
        """What a run in batch mode has sent, a file in `directory` until the run is complete."""
        return BatchFile(run_id, directory)

    def flush(self) -> None:
        """Return when everything handed in is committed."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Commit and close. Safe to call twice."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        if self._writer is not None:
            self._writer.close()

    def set_name(self, name: str, run_id: str) -> None:
        """Call a run by a name, in place of the one that had it, and return when it is stored."""
        sql = "INSERT OR REPLACE INTO names VALUES (?, ?)"
        self._write(lambda connection: connection.execute(sql, (name, run_id)))
        self.flush()

    def _write(self, job: Any, size: int = 0) -> None:
        if self._writer is None:
            raise StoreError(str(self._path), "was opened for reading only")
        self._writer.submit(job, size)
