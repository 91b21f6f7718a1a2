"""What a database of SQLite holds of a run, for its hashes."""

import sqlite3
from collections.abc import Iterator

from prompteval.store.hashes import FACTS, KEY, RECORD, Columns

_ROWS = (
    f"SELECT {KEY}, {FACTS}, case_json, observation, scores, hash"
    f" FROM scores LEFT JOIN rows USING ({KEY}) WHERE run_id = ? ORDER BY {KEY}"
)
_ATTEMPTS = (
    "SELECT number, suite, target, model, case_id, replicate, key, started, outcome, ms, billed,"
    " prompt_tokens, completion_tokens FROM attempts WHERE run_id = ? ORDER BY number"
)


class SqliteContents:
    """See `RunContents`; the connection is in a transaction where others may write."""

    def __init__(self, connection: sqlite3.Connection, run_id: str) -> None:
        self._connection = connection
        self._run = (run_id,)

    def record(self) -> Columns | None:
        sql = f"SELECT {RECORD}, hash FROM runs WHERE run_id = ?"
        found: Columns | None = self._connection.execute(sql, self._run).fetchone()
        return found

    def hashed_rows(self) -> Iterator[Columns]:
        return self._connection.execute(_ROWS, self._run)

    def row_hashes(self) -> Iterator[str]:
        sql = f"SELECT hash FROM scores WHERE run_id = ? ORDER BY {KEY}"
        return (mark for (mark,) in self._connection.execute(sql, self._run))

    def attempts(self) -> Iterator[Columns]:
        return self._connection.execute(_ATTEMPTS, self._run)

    def row_count(self) -> int:
        sql = "SELECT count(*) FROM rows WHERE run_id = ?"
        return int(self._connection.execute(sql, self._run).fetchone()[0])
