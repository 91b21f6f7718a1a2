"""Making the store smaller: runs and cached replies go, and the files shrink."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from prompteval.core.errors import StoreError
from prompteval.store.cache import MIGRATIONS as CACHE_MIGRATIONS
from prompteval.store.connection import COMPANIONS, FAULTS, Database, open_database
from prompteval.store.results_schema import MIGRATIONS as RESULTS_MIGRATIONS

T = TypeVar("T")
TABLES = ("rows", "scores", "attempts", "names", "runs")


def database_bytes(path: Path) -> int:
    """What a database takes on disk, its write-ahead log included; 0 where there is none."""
    return sum(file.stat().st_size for file in _files(path) if file.exists())


def delete_database(path: Path) -> None:
    """Remove a database that no process has open, with everything beside it."""
    for file in _files(path):
        file.unlink(missing_ok=True)


def _files(path: Path) -> list[Path]:
    return [path.with_name(path.name + suffix) for suffix in ("", *COMPANIONS)]


def delete_runs(path: Path, run_ids: Sequence[str]) -> set[str]:
    """Remove runs with everything of theirs, in one transaction, and shrink the file; those that were there.

    Raises StoreError when another process keeps the database busy; nothing is half done then.
    """
    where = f"WHERE run_id IN ({','.join('?' * len(run_ids))})"

    def work(connection: sqlite3.Connection) -> set[str]:
        found = {one[0] for one in connection.execute(f"SELECT run_id FROM runs {where}", tuple(run_ids))}
        for table in TABLES:
            connection.execute(f"DELETE FROM {table} {where}", tuple(run_ids))
        return found

    return _change(open_database(path, RESULTS_MIGRATIONS), work)


def delete_replies(path: Path, before_day: int | None) -> int:
    """Remove cached replies stored before a day (days since 1970-01-01), all of them for None.

    Returns how many went.
    """
    where, values = ("", ()) if before_day is None else (" WHERE day < ?", (before_day,))
    sql = f"DELETE FROM replies{where}"
    return _change(open_database(path, CACHE_MIGRATIONS), lambda one: one.execute(sql, values).rowcount)


def _change(database: Database, work: Callable[[sqlite3.Connection], T]) -> T:
    """What some work gives that is one transaction; the file is shrunk after it."""
    doing = "nothing could be removed"
    try:
        with database.transaction() as connection:
            found = work(connection)
        doing = "could not be made smaller"
        database.shrink()
    except FAULTS as error:
        raise StoreError(str(database.path), f"{doing}: {error}") from None
    finally:
        database.close()
    return found
