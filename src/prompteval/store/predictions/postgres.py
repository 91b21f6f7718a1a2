"""The log as a table of Postgres, which several services may share."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from prompteval.core.errors import StoreError, UsageError
from prompteval.core.prediction_sink import LogLine
from prompteval.store.postgres.errors import store_error
from prompteval.store.postgres.session import connect as open_connection
from prompteval.store.predictions.sqlite import row_of

if TYPE_CHECKING:
    import psycopg

_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS prompteval_predictions (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " time DOUBLE PRECISION, request_id TEXT NOT NULL, prompt TEXT, line TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS prompteval_predictions_time ON prompteval_predictions (time)",
    "CREATE INDEX IF NOT EXISTS prompteval_predictions_request ON prompteval_predictions (request_id)",
)
_COPY: Final = "COPY prompteval_predictions (time, request_id, prompt, line) FROM STDIN"
# Two services that begin at once make one table.
_LOCK: Final = "SELECT pg_advisory_xact_lock(7382915001)"


class PostgresSink:
    """Writes each group in one transaction, over a connection that is made again when it breaks.

    The address is that of PROMPTEVAL_STORE_URL, else libpq's own: PGHOST, PGSERVICE, ~/.pgpass. Raises
    MissingExtra without the package, UsageError where the database cannot be reached.
    """

    def __init__(self) -> None:
        self._connection: psycopg.Connection | None = None
        try:
            self._connection = connect()
        except StoreError as error:
            raise UsageError(str(error)) from None

    def write(self, lines: Sequence[LogLine]) -> None:
        rows = [row_of(line) for line in lines]
        with self._transaction() as connection, connection.cursor() as cursor, cursor.copy(_COPY) as copy:
            for row in rows:
                copy.write_row(row)

    def remove_before(self, time: float) -> None:
        with self._transaction() as connection:
            connection.execute("DELETE FROM prompteval_predictions WHERE time < %s", (time,))

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    @contextmanager
    def _transaction(self) -> "Iterator[psycopg.Connection]":
        """One transaction; the connection stays open behind it. Raises StoreError."""
        import psycopg

        try:
            if self._connection is None:
                self._connection = connect()
            with self._connection.transaction():
                yield self._connection
        except psycopg.Error as error:
            self.close()
            raise store_error(error, "cannot be written") from None


def connect(*, create: bool = True) -> "psycopg.Connection":
    """A connection to the database, where its table is made if it is not there. `create=False` only reads.

    Raises MissingExtra and StoreError.
    """
    connection = open_connection("the log in Postgres")
    import psycopg

    try:
        if create:
            with connection.transaction():
                for statement in (_LOCK, *_TABLE):
                    connection.execute(statement)
    except psycopg.Error as error:
        connection.close()
        raise store_error(error, "cannot be written") from None
    return connection


def read_postgres(*, since: float | None = None, newest_first: bool = False) -> Iterator[str]:
    """The lines of the log in the order they were written, or the other way round.

    With `since`, in seconds since 1970, those of rows from then on, and those that have no time. Nothing is
    written. Raises MissingExtra, and StoreError where there is no such log or it cannot be read.
    """
    import psycopg

    sql = "SELECT line FROM prompteval_predictions WHERE %s::float8 IS NULL OR time IS NULL OR time >= %s"
    order = " ORDER BY id DESC" if newest_first else " ORDER BY id"
    connection = connect(create=False)
    try:
        with connection.transaction(), connection.cursor(name="prompteval_lines") as cursor:
            cursor.execute(sql + order, (since, since))
            for row in cursor:
                yield row[0]
    except psycopg.errors.UndefinedTable:
        raise StoreError("postgres", "the database has no log of predictions") from None
    except psycopg.Error as error:
        raise store_error(error, "cannot be read") from None
    finally:
        connection.close()
