"""Opening a database file safely: ours, of this version, private, and never overwritten."""

import random
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from prompteval.core.errors import StoreError

APPLICATION_ID = 0x70726576  # "prev"
BUSY_SECONDS = 30.0
Migration = Callable[[sqlite3.Connection], None]


def open_database(path: Path, migrations: Sequence[Migration]) -> sqlite3.Connection:
    """A connection for writing, every migration applied.

    Raises StoreError for a file that is no database, belongs to another program, comes from a
    newer version, or cannot be written.
    """
    fresh = not path.exists() or path.stat().st_size == 0
    try:
        if fresh:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
        _check_whole(path)
        connection = _connect(path)
        _check_owner(connection, path, len(migrations))
        mode = _use_log(connection)
        if mode != "wal":
            connection.close()
            message = (
                "lies where SQLite cannot share memory, as on a network drive; set `store` to a local path"
            )
            raise StoreError(str(path), message)
        connection.execute("PRAGMA synchronous=NORMAL")
        _migrate(connection, migrations)
    except sqlite3.DatabaseError as error:
        raise StoreError(str(path), _plain(error)) from None
    except OSError as error:
        raise StoreError(str(path), f"cannot be written: {error.strerror}") from None
    return connection


def open_for_reading(path: Path, migrations: Sequence[Migration]) -> sqlite3.Connection:
    """A connection that cannot write. Raises StoreError as `open_database` does."""
    if not path.exists():
        raise StoreError(str(path), "there is no such database; `prompteval run` makes one")
    _check_whole(path)
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)
        connection.execute("PRAGMA query_only=ON")
        _check_owner(connection, path, len(migrations))
    except sqlite3.DatabaseError as error:
        raise StoreError(str(path), _plain(error)) from None
    return connection


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)


def _use_log(connection: sqlite3.Connection) -> str:
    """Set write-ahead logging; the mode that is then in force.

    SQLite does not wait for a lock here: of two processes that both switch a new file, one is told
    at once that it is locked (sqlite.org/c3ref/busy_handler.html). The waiting is ours.
    """
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return str(connection.execute("PRAGMA journal_mode=WAL").fetchone()[0])
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > until:
                raise
        time.sleep(random.uniform(0.005, 0.02))


def _check_whole(path: Path) -> None:
    """Raise StoreError for a file shorter than its own header says (sqlite.org/fileformat.html, 1.3).

    While a write-ahead log stands beside it, the file may be in the middle of growing.
    """
    with path.open("rb") as file:
        header = file.read(100)
    if len(header) < 100 or not header.startswith(b"SQLite format 3\0"):
        if header:
            raise StoreError(str(path), "is not a SQLite database; it was not touched")
        return
    page = int.from_bytes(header[16:18], "big")
    pages = int.from_bytes(header[28:32], "big")
    with suppress(FileNotFoundError):  # another process may close the log, and so remove it, right now
        if path.with_name(path.name + "-wal").stat().st_size:
            return
    counted = header[24:28] == header[92:96]  # else an old writer did not keep the number of pages
    if counted and path.stat().st_size < pages * (65536 if page == 1 else page):
        message = "was cut short, and is not a sound SQLite database; move it away to start anew"
        raise StoreError(str(path), message)


def _check_owner(connection: sqlite3.Connection, path: Path, known: int) -> None:
    connection.execute("BEGIN")  # one look: another process may be making the tables right now
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    connection.execute("COMMIT")
    if owner != APPLICATION_ID and (tables or owner):
        connection.close()
        raise StoreError(str(path), "is a database of another program; it was not touched")
    if version > known:
        connection.close()
        message = f"has schema version {version}, this prompteval knows {known}; install a newer prompteval"
        raise StoreError(str(path), message)


def _migrate(connection: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    """Apply what is missing, each step in its own transaction."""
    connection.execute("BEGIN IMMEDIATE")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    for number, migration in enumerate(migrations[version:], version + 1):
        migration(connection)
        connection.execute(f"PRAGMA user_version={number}")
    connection.execute("COMMIT")


def _plain(error: sqlite3.DatabaseError) -> str:
    text = str(error)
    if "not a database" in text or "malformed" in text or "disk image" in text:
        return f"is not a sound SQLite database ({text}); move it away to start anew"
    if "readonly" in text or "unable to open" in text:
        return f"cannot be written ({text})"
    return text
