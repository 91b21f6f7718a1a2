"""Requests and replies as the cache has them, read for a report: nothing is opened for writing."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from prompteval.core.fingerprint import fingerprint_bytes
from prompteval.store.cache import MIGRATIONS, reply_hash
from prompteval.store.connection import FAULTS, open_for_reading

# By the key of a call, its request and its reply as JSON texts; None where the cache does not have both.
ReadExchange = Callable[[str], tuple[str, str] | None]


def no_exchange(key: str) -> tuple[str, str] | None:
    """What a cache without replies has of a call."""
    return None


@contextmanager
def stored_exchanges(path: Path) -> Iterator[ReadExchange]:
    """Reads the exchanges of a cache; of a file that does not exist there are none.

    What was changed after it was stored is left out. Raises StoreError for a file that cannot be opened.
    """
    if not path.exists():
        yield no_exchange
        return
    with closing(open_for_reading(path, MIGRATIONS)) as connection:
        yield lambda key: _read(connection, key)


def _read(connection: sqlite3.Connection, key: str) -> tuple[str, str] | None:
    sql = "SELECT CAST(request AS BLOB), CAST(response AS BLOB), hash FROM replies WHERE key = ?"
    try:
        found = connection.execute(sql, (key,)).fetchone()
        if found is None:
            return None
        request, response, mark = found
        if fingerprint_bytes(request) != key or mark not in (None, reply_hash(key, response)):
            return None
        return request.decode(), response.decode()
    except FAULTS:
        return None
