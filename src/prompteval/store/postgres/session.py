"""One connection to the server: made safely, its text as we store it, its errors ours."""

import os
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Final, TypeVar

from prompteval.core.address import remember_address
from prompteval.core.errors import MissingExtra, StoreError
from prompteval.core.secret import remember
from prompteval.store.hashes import Columns
from prompteval.store.postgres.deadline import answered
from prompteval.store.postgres.errors import connect_error, is_passing, malformed_address, store_error
from prompteval.workspace.store_place import ADDRESS_VARIABLE, POSTGRES

if TYPE_CHECKING:
    import psycopg

CONNECT_SECONDS: Final = 5
# A server that restarts, or fails over, is tried again for so long.
RETRY_SECONDS: Final = 30.0
OLDEST_SERVER: Final = 120_000
T = TypeVar("T")


def connect(feature: str = "a store in Postgres") -> "psycopg.Connection":
    """A connection, at the address of PROMPTEVAL_STORE_URL, else libpq's own: PGHOST, PGSERVICE, ~/.pgpass.

    Raises MissingExtra without the package, StoreError where the server cannot be reached.
    """
    try:
        import psycopg
    except ImportError:
        raise MissingExtra(feature, "postgres") from None
    address = os.environ.get(ADDRESS_VARIABLE, "")
    _refuse_malformed(address)
    try:
        return psycopg.connect(
            address, connect_timeout=CONNECT_SECONDS, autocommit=True, prepare_threshold=None
        )
    except psycopg.Error as error:
        raise connect_error(error, os.environ) from None


def _refuse_malformed(address: str) -> None:
    """Hide the password of an address, whichever of libpq's forms it has. Raises StoreError for one of none.

    A host with an @ is the end of a password, which is not looked up.
    """
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    remember_address(address)
    try:
        parts = conninfo_to_dict(address)
    except ProgrammingError:
        raise malformed_address(address) from None
    remember(*(str(parts.get(name) or "") for name in ("password", "sslpassword")))
    if "@" in str(parts.get("host") or ""):
        raise malformed_address(address)


class Session:
    """A connection to the store. One thread at a time uses it.

    It is made at once, and again when it broke: outside of a transaction a statement is tried again for
    RETRY_SECONDS. A read-only session cannot write: the server refuses every change.
    """

    def __init__(self, *, readonly: bool = False) -> None:
        self._readonly = readonly
        self._inside = False
        self._connection: psycopg.Connection | None = self._connect()

    def _connect(self) -> "psycopg.Connection":
        connection = connect()
        import psycopg

        try:
            encoding = connection.info.parameter_status("server_encoding")
            if encoding != "UTF8":
                raise StoreError(POSTGRES, f"the database has the encoding {encoding}, and must have UTF8")
            if connection.info.server_version < OLDEST_SERVER:
                raise StoreError(
                    POSTGRES, "the server is older than Postgres 12, which is the oldest that works"
                )
            connection.execute("SET client_encoding TO 'UTF8'")
            if self._readonly:
                connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        except psycopg.Error as error:
            connection.close()
            raise connect_error(error, os.environ) from None
        except BaseException:
            connection.close()
            raise
        return connection

    def execute(self, sql: str, values: Sequence[object] = ()) -> list[Columns]:
        """All that a statement gives; in a transaction, what psycopg raises is raised."""
        if self._inside:
            return self._execute(sql, values)
        doing = "could not be read" if sql.startswith("SELECT") else "could not be written"
        return self.retried(lambda: self._execute(sql, values), doing)

    def _execute(self, sql: str, values: Sequence[object], *, slow: bool = False) -> list[Columns]:
        connection = self._open()
        with nullcontext() if slow else answered(connection):
            cursor = connection.execute(sql, values)
            return cursor.fetchall() if cursor.description is not None else []

    def execute_slowly(self, sql: str) -> None:
        """A statement that may take the server as long as it takes, in a transaction."""
        self._execute(sql, (), slow=True)

    def copy(self, sql: str, pieces: Iterable[bytes]) -> None:
        """COPY from some bytes, in a transaction; the server may take as long as it takes."""
        with self._open().cursor() as cursor, cursor.copy(sql) as copy:
            for piece in pieces:
                copy.write(piece)

    @contextmanager
    def transaction(self, *, snapshot: bool = False) -> Iterator[None]:
        """One transaction; `snapshot` sees the database as it is at its first statement."""
        import psycopg

        if snapshot:  # of readers, whose work is not tried again: the connection may have broken before it
            begin = "BEGIN ISOLATION LEVEL REPEATABLE READ"
            self.retried(lambda: self._execute(begin, ()), "could not be read")
        else:
            self._execute("BEGIN", ())
        self._inside = True
        try:
            yield
            self._execute("COMMIT", ())
        except BaseException:
            with suppress(psycopg.Error):
                self._execute("ROLLBACK", ())
            raise
        finally:
            self._inside = False

    def retried(self, work: Callable[[], T], doing: str) -> T:
        """What some work gives that may be done again; StoreError when RETRY_SECONDS were not enough."""
        import psycopg

        until = time.monotonic() + RETRY_SECONDS
        while True:
            try:
                return work()
            except psycopg.Error as error:
                if not is_passing(error) or time.monotonic() > until:
                    self.close()
                    raise store_error(error, doing) from None
                last = store_error(error, doing)
            self._reconnect(until, last)

    def _reconnect(self, until: float, last: StoreError) -> None:
        """A new connection where the old one is broken, tried until a time. Raises `last`."""
        time.sleep(random.uniform(0.05, 0.25))
        while self._connection is None or self._connection.closed or self._connection.broken:
            self.close()
            try:
                self._connection = self._connect()
            except StoreError as error:
                if time.monotonic() > until:
                    parts = [str(one).removeprefix(f"{POSTGRES}: ") for one in (last, error)]
                    raise StoreError(POSTGRES, "; then it ".join(parts)) from None
                time.sleep(random.uniform(0.2, 0.6))

    def _open(self) -> "psycopg.Connection":
        import psycopg

        if self._connection is None or self._connection.closed:
            raise psycopg.OperationalError("the connection is lost")
        return self._connection

    def close(self) -> None:
        """Close it. Safe to call twice."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def key_text(text: str) -> str:
    """A text as a column of Postgres can hold it, in the same order: NUL is none of its characters."""
    if "\x00" in text or "\x01" in text:
        return text.replace("\x01", "\x01\x02").replace("\x00", "\x01\x01")
    return text


def read_key(text: str) -> str:
    """The text behind one of `key_text`."""
    if "\x01" in text:
        return text.replace("\x01\x01", "\x00").replace("\x01\x02", "\x01")
    return text
