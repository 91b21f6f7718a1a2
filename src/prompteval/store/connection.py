"""Opening a database file safely: ours, of this version, private, and never overwritten.

No descriptor of a database, of its log or of its shared memory is opened here but by SQLite itself:
closing any one of them drops every POSIX lock that the process holds on the file, and another process
then deletes the log under the writer (sqlite.org/howtocorrupt.html, 2.2). What is to be known of a file
is asked of a connection, or of `lstat`.
"""

import os
import random
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from prompteval.core.errors import NoResults, StoreError
from prompteval.store.schema import Migration, foreign_part, schema_of
from prompteval.store.write_lock import BUSY_SECONDS, LOCK_SUFFIX, WriteLock
from prompteval.workspace.writing import make_private

__all__ = ["COMPANIONS", "FAULTS", "Database", "Migration", "open_database", "open_for_reading"]

APPLICATION_ID = 0x70726576  # "prev"
# What SQLite and the lock keep beside a database, by the end of the name.
COMPANIONS = ("-wal", "-shm", "-journal", LOCK_SUFFIX)
# What SQLite's module raises of a damaged file; the second where even its message cannot be read.
FAULTS = (sqlite3.Error, UnicodeDecodeError)
_DEFENSIVE = 1010  # SQLITE_DBCONFIG_DEFENSIVE
# A new file is made by a descriptor of ours, which must be closed before this process connects to it.
_OPENING = threading.Lock()


class Database:
    """A connection that writes, when it is its turn; see `writer.Transactions`."""

    idle_s = None

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: WriteLock) -> None:
        self.path = path
        self.connection = connection
        self._lock = lock

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing."""
        with self._lock.taken():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    @property
    def place(self) -> str:
        return str(self.path)

    def do(self, jobs: Sequence[Callable[[sqlite3.Connection], object]]) -> None:
        """Run jobs in one transaction."""
        with self.transaction() as connection:
            for job in jobs:
                job(connection)

    def shrink(self) -> None:
        """Give back the space of what was deleted."""
        with self._lock.taken():
            self.connection.execute("VACUUM")
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def settle(self) -> None:
        """Bring to disk what was committed."""
        with self._lock.taken():
            self.connection.execute("PRAGMA synchronous=FULL")
            self.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        """Close it; the last connection to a file takes its log in, so that this too has its turn."""
        try:
            with self._lock.taken():
                self.connection.close()
        except StoreError:  # others hold it for long, so that this is not the last connection
            self.connection.close()
        finally:
            self._lock.close()


def open_database(path: Path, migrations: Sequence[Migration]) -> Database:
    """The database, made where there is none, every migration applied.

    Raises StoreError for a file that is not a database, belongs to another program, comes from a
    newer version, holds what we did not make, is a link, or cannot be written.
    """
    with _OPENING:
        try:
            fresh = _make(path)
            lock = WriteLock(path)
        except OSError as error:
            raise StoreError(str(path), f"cannot be written: {error.strerror}") from None
        try:
            if not fresh:
                _inspect(path, migrations)
            return Database(path, _for_writing(path, migrations, lock), lock)
        except FAULTS as error:
            lock.close()
            raise StoreError(str(path), _plain(error)) from None
        except BaseException:
            lock.close()
            raise


def open_for_reading(path: Path, migrations: Sequence[Migration]) -> sqlite3.Connection:
    """A connection that cannot write, for one thread at a time. Raises StoreError as `open_database` does.

    A thread that waits for SQLite's own lock of a connection may hold Python's lock, which the authorizer
    needs in the thread that is served: two threads in one connection end in a deadlock.
    """
    with _OPENING:
        _refuse_links(path)
        if not path.exists():
            raise NoResults(str(path), "the database does not exist; `prompteval run` creates one")
        try:
            connection = _inspected(path, migrations)
            if connection.execute("PRAGMA user_version").fetchone()[0]:
                return connection
        except FAULTS as error:
            raise StoreError(str(path), _plain(error)) from None
        connection.close()  # the process that made the file has not got to the tables, or was killed before
        raise NoResults(str(path), "is empty; `prompteval run` fills it")


def _make(path: Path) -> bool:
    """Make the file where there is none, and what is there private; whether it is empty."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _refuse_links(path)
    try:
        # Nobody in this process can be connected to a file that only now comes to be.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    except FileExistsError:
        _make_private(path)
    return path.stat().st_size == 0


def _make_private(path: Path) -> None:
    for suffix in ("", *COMPANIONS):
        with suppress(FileNotFoundError):  # another process may close the log, and so remove it, right now
            make_private(path.with_name(path.name + suffix))


def _refuse_links(path: Path) -> None:
    """SQLite would follow a link, and so would everything written through it."""
    for suffix in ("", *COMPANIONS):
        place = path.with_name(path.name + suffix)
        try:
            mode = place.lstat().st_mode
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StoreError(str(place), f"cannot be read: {error.strerror}") from None
        if stat.S_ISLNK(mode):
            raise StoreError(str(place), "is a symbolic link, and is not followed; remove it")
        if not stat.S_ISREG(mode):
            raise StoreError(str(place), "is not a regular file; remove it")


def _for_writing(path: Path, migrations: Sequence[Migration], lock: WriteLock) -> sqlite3.Connection:
    connection = _connect(path, "rw")
    try:
        with lock.taken():
            if _use_log(connection) != "wal":
                message = (
                    "is on a file system where SQLite cannot share memory, as on a network drive;"
                    " set `store` to a local path"
                )
                raise StoreError(str(path), message)
            connection.execute("PRAGMA synchronous=NORMAL")
            _migrate(connection, path, migrations)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection that runs no SQL of the file's own: no trigger, no view, no function in a schema."""
    place = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(
        place, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0"):
        connection.execute(f"PRAGMA {pragma}")
    configure = getattr(connection, "setconfig", None)  # from Python 3.12
    if configure is not None:
        configure(_DEFENSIVE, True)
    connection.set_authorizer(_only_our_own)
    return connection


def _only_our_own(
    action: int, first: str | None, second: str | None, database: str | None, within: str | None
) -> int:
    """Deny everything that a trigger or a view asks for: `within` is its name."""
    return sqlite3.SQLITE_OK if within is None else sqlite3.SQLITE_DENY


def _use_log(connection: sqlite3.Connection) -> str:
    """Set write-ahead logging; the mode that is then in force.

    SQLite does not wait for a lock here: of two processes that both switch a new file, one fails
    at once with "database is locked" (sqlite.org/c3ref/busy_handler.html). So the wait is here.
    """
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return str(connection.execute("PRAGMA journal_mode=WAL").fetchone()[0])
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(random.uniform(0.005, 0.02))


def _code(error: sqlite3.Error) -> int:
    """SQLite's own number of an error, without what it adds; 0 for one that Python's module raised."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _inspect(path: Path, migrations: Sequence[Migration]) -> None:
    """Refuse a file before anything may write it; SQLite changes one merely by closing it, log and all."""
    try:
        _inspected(path, migrations).close()
    except sqlite3.OperationalError as error:
        # A process that made the file was killed in the middle: only a connection that writes rolls back.
        if _code(error) != sqlite3.SQLITE_READONLY:
            raise


def _inspected(path: Path, migrations: Sequence[Migration]) -> sqlite3.Connection:
    connection = _connect(path, "ro")
    try:
        connection.execute("PRAGMA query_only=ON")
        connection.execute("BEGIN")  # one look: another process may be making the tables right now
        _check_owner(connection, path, migrations)
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def _check_owner(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    found = schema_of(connection)
    if owner != APPLICATION_ID and (found or owner):
        raise StoreError(str(path), "is a database of another program; it was not touched")
    if version > len(migrations):
        message = (
            f"has schema version {version}, this prompteval knows {len(migrations)};"
            " install a newer prompteval"
        )
        raise StoreError(str(path), message)
    foreign = foreign_part(found, migrations[: max(version, 0)])
    if foreign:
        raise StoreError(str(path), f"{foreign}; move the file away to start again")


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    """Apply what is missing, all of it or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    _check_owner(connection, path, migrations)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    for number, migration in enumerate(migrations[version:], version + 1):
        migration(connection)
        connection.execute(f"PRAGMA user_version={number}")
    connection.execute("COMMIT")


def _plain(error: Exception) -> str:
    text = str(error)
    if isinstance(error, UnicodeDecodeError):
        return "is damaged; move it away to start again"
    if "not a database" in text:
        return "is not a SQLite database; it was not touched"
    if "malformed" in text or "disk image" in text:
        return f"is damaged or was cut short ({text}); move it away to start again"
    if "readonly" in text or "unable to open" in text:
        return f"cannot be written ({text})"
    return text
