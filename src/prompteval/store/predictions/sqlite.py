"""The log as a SQLite database: one row a record, its line as JSON lines have it."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from prompteval.core.errors import StoreError, UsageError
from prompteval.core.prediction import Feedback
from prompteval.core.prediction_sink import LogLine
from prompteval.store.connection import FAULTS, Database, open_database, open_for_reading

_PAGE: Final = 1_000


def _first(connection: sqlite3.Connection) -> None:
    """`time` is seconds since 1970, null where feedback has none; `prompt` is null for feedback."""
    connection.execute(
        "CREATE TABLE records (id INTEGER PRIMARY KEY, time REAL, request_id TEXT NOT NULL, prompt TEXT,"
        " line TEXT NOT NULL)"
    )
    connection.execute("CREATE INDEX records_time ON records (time)")
    connection.execute("CREATE INDEX records_request ON records (request_id)")


MIGRATIONS: Final = (_first,)


class SqliteSink:
    """Writes each group in one transaction; where the file was moved or removed, to a new one of its name.

    Raises UsageError where the database cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        if not path.parent.is_dir():
            raise UsageError(f"{path.parent} does not exist", "create the directory first")
        self._path = path
        self._database: Database | None = self._opened()
        self._file = path.stat()

    def _opened(self) -> Database:
        try:
            return open_database(self._path, MIGRATIONS)
        except StoreError as error:
            raise UsageError(str(error), "choose another file for the log") from None

    def _follow(self) -> None:
        try:
            if os.path.samestat(self._file, self._path.stat()):
                return
        except FileNotFoundError:
            pass
        self.close()
        self._database = self._opened()
        self._file = self._path.stat()

    def write(self, lines: Sequence[LogLine]) -> None:
        self._follow()
        rows = [row_of(line) for line in lines]
        with self._open().transaction() as connection:
            connection.executemany(
                "INSERT INTO records (time, request_id, prompt, line) VALUES (?, ?, ?, ?)", rows
            )

    def remove_before(self, time: float) -> None:
        with self._open().transaction() as connection:
            connection.execute("DELETE FROM records WHERE time < ?", (time,))

    def close(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            database.settle()
            database.close()

    def _open(self) -> Database:
        if self._database is None:
            raise StoreError(str(self._path), "is closed")
        return self._database


def row_of(line: LogLine) -> tuple[float | None, str, str | None, str]:
    """The columns of a record: its time, the id of its request, its prompt, the whole line."""
    record = line.record
    prompt = None if isinstance(record, Feedback) else record.prompt
    return record.time, record.request_id, prompt, line.text


def read_sqlite(path: Path) -> Iterator[str]:
    """The lines of a log in the order they were written. Raises StoreError for a file that is not one."""
    connection = open_for_reading(path, MIGRATIONS)
    try:
        last = 0
        while True:
            sql = "SELECT id, line FROM records WHERE id > ? ORDER BY id LIMIT ?"
            rows = connection.execute(sql, (last, _PAGE)).fetchall()
            if not rows:
                return
            for identifier, text in rows:
                last = identifier
                yield text
    except FAULTS as error:
        raise StoreError(str(path), f"cannot be read: {error}") from None
    finally:
        connection.close()
