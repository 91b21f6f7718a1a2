"""Making the store smaller: runs and cached replies go, and the files shrink."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from prompteval.core.errors import StoreError
from prompteval.store.cache import MIGRATIONS as CACHE_MIGRATIONS
from prompteval.store.connection import open_database
from prompteval.store.results import MIGRATIONS as RESULTS_MIGRATIONS

TABLES = ("rows", "scores", "attempts", "runs")


def database_bytes(path: Path) -> int:
    """What a database takes on disk, its write-ahead log included; 0 where there is none."""
    files = (path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm"))
    return sum(file.stat().st_size for file in files if file.exists())


def run_bytes(path: Path, run_ids: Sequence[str]) -> int:
    """About what these runs take: the length of their texts, without the database's own pages."""
    connection = open_database(path, RESULTS_MIGRATIONS)
    marks = ",".join("?" * len(run_ids))
    sizes = {
        "rows": "length(case_json) + length(observation) + 120",
        "scores": "length(scores) + 100",
        "attempts": "200",
        "runs": "length(manifest) + coalesce(length(summary), 0)",
    }
    try:
        return sum(
            connection.execute(
                f"SELECT coalesce(sum({size}), 0) FROM {table} WHERE run_id IN ({marks})", tuple(run_ids)
            ).fetchone()[0]
            for table, size in sizes.items()
        )
    finally:
        connection.close()


def delete_runs(path: Path, run_ids: Sequence[str]) -> None:
    """Remove runs with everything of theirs, in one transaction, and shrink the file.

    Raises StoreError when another process keeps the database busy; nothing is half done then.
    """
    marks = ",".join("?" * len(run_ids))
    work = [(f"DELETE FROM {table} WHERE run_id IN ({marks})", tuple(run_ids)) for table in TABLES]
    _change(path, open_database(path, RESULTS_MIGRATIONS), work)


def delete_replies(path: Path, before_day: int | None) -> int:
    """Remove cached replies stored before a day (days since 1970-01-01), all of them for None.

    Returns how many went.
    """
    connection = open_database(path, CACHE_MIGRATIONS)
    where, values = ("", ()) if before_day is None else (" WHERE day < ?", (before_day,))
    count = int(connection.execute(f"SELECT count(*) FROM replies{where}", values).fetchone()[0])
    _change(path, connection, [(f"DELETE FROM replies{where}", values)])
    return count


def _change(
    path: Path, connection: sqlite3.Connection, work: Sequence[tuple[str, tuple[object, ...]]]
) -> None:
    try:
        connection.execute("BEGIN IMMEDIATE")
        for sql, values in work:
            connection.execute(sql, values)
        connection.execute("COMMIT")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.DatabaseError as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise StoreError(str(path), f"could not be made smaller: {error}") from None
    finally:
        connection.close()
