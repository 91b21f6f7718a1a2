"""Making the store smaller: runs and cached replies go, and the files shrink."""

from collections.abc import Sequence
from pathlib import Path

from prompteval.core.errors import StoreError
from prompteval.store.cache import MIGRATIONS as CACHE_MIGRATIONS
from prompteval.store.connection import COMPANIONS, FAULTS, Database, open_database
from prompteval.store.results import MIGRATIONS as RESULTS_MIGRATIONS

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


def delete_runs(path: Path, run_ids: Sequence[str]) -> None:
    """Remove runs with everything of theirs, in one transaction, and shrink the file.

    Raises StoreError when another process keeps the database busy; nothing is half done then.
    """
    marks = ",".join("?" * len(run_ids))
    work = [(f"DELETE FROM {table} WHERE run_id IN ({marks})", tuple(run_ids)) for table in TABLES]
    _change(open_database(path, RESULTS_MIGRATIONS), work)


def delete_replies(path: Path, before_day: int | None) -> int:
    """Remove cached replies stored before a day (days since 1970-01-01), all of them for None.

    Returns how many went.
    """
    where, values = ("", ()) if before_day is None else (" WHERE day < ?", (before_day,))
    return _change(open_database(path, CACHE_MIGRATIONS), [(f"DELETE FROM replies{where}", values)])


def _change(database: Database, work: Sequence[tuple[str, tuple[object, ...]]]) -> int:
    """Do it all in one transaction, and shrink the file; how many records went."""
    doing = "nothing could be removed"
    try:
        with database.transaction() as connection:
            count = sum(connection.execute(sql, values).rowcount for sql, values in work)
        doing = "could not be made smaller"
        database.shrink()
    except FAULTS as error:
        raise StoreError(str(database.path), f"{doing}: {error}") from None
    finally:
        database.close()
    return count
