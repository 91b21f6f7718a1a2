"""The cache of embeddings, rankings and scores: bytes by key, in a database of its own."""

import sqlite3
import threading
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

from prompteval.core.errors import StoreError
from prompteval.core.fingerprint import fingerprint_bytes
from prompteval.store.connection import FAULTS, Migration, open_database, open_for_reading
from prompteval.store.writer import Writer, insert_many, size_of

KEYS_A_QUERY = 500


def _first_table(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE TABLE vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL, truncated INTEGER NOT NULL)"
    )


def _hash_beside(connection: sqlite3.Connection) -> None:
    """Entries from before have none."""
    connection.execute("ALTER TABLE vectors ADD COLUMN hash TEXT")


# Append only: a step that has been released is never edited.
MIGRATIONS: tuple[Migration, ...] = (_first_table, _hash_beside)


class SqliteBlobCache:
    """A BlobCache in a file. What was put is read back, also before it is committed to the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer = Writer(open_database(path, MIGRATIONS))
        self._reader = open_for_reading(path, MIGRATIONS)
        self._reading = threading.Lock()  # retrieval asks from several threads; see `open_for_reading`

    @classmethod
    def open(cls, path: Path) -> "SqliteBlobCache":
        """Open or make the cache. Raises StoreError for a file that cannot be used."""
        return cls(path)

    def get(self, keys: Sequence[str]) -> dict[str, tuple[bytes, bool]]:
        """The entries that are there. Raises StoreError for a file that cannot be read.

        An entry that is not as it was stored is empty, which is damage to whoever wanted vectors.
        """
        found: dict[str, tuple[bytes, bool]] = {}
        self._writer.flush()
        try:
            for start in range(0, len(keys), KEYS_A_QUERY):
                some = keys[start : start + KEYS_A_QUERY]
                marks = ",".join("?" * len(some))
                # As bytes, so that a text that is not UTF-8 is one damaged entry.
                columns = "key, CAST(vector AS BLOB), CAST(truncated AS INTEGER), CAST(hash AS BLOB)"
                sql = f"SELECT {columns} FROM vectors WHERE key IN ({marks})"
                with self._reading:
                    rows = self._reader.execute(sql, tuple(some)).fetchall()
                for key, vector, truncated, mark in rows:
                    whole = mark in (None, _hash(key, vector, bool(truncated)).encode())
                    found[key] = (vector if whole else b"", bool(truncated))
        except FAULTS as error:
            raise StoreError(str(self._path), f"could not be read: {error}; delete it") from None
        return found

    def put(self, entries: Mapping[str, tuple[bytes, bool]]) -> None:
        """Store vectors; the same key again replaces the one before."""
        rows = [
            (key, vector, int(truncated), _hash(key, vector, truncated))
            for key, (vector, truncated) in entries.items()
        ]
        self._writer.submit(
            lambda connection: insert_many(connection, "vectors (key, vector, truncated, hash)", rows),
            size_of(chain.from_iterable(rows)),
        )

    def close(self) -> None:
        """Commit and close."""
        with self._reading:
            self._reader.close()
        self._writer.close()


def _hash(key: str, vector: bytes, truncated: bool) -> str:
    """What a stored entry is checked against."""
    return fingerprint_bytes(b"%s\n%d\n%s" % (key.encode(), truncated, vector))
