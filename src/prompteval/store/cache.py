"""The cache of replies, in a database of its own, by request key."""

import sqlite3
import time
from collections import deque
from pathlib import Path

from prompteval.core.errors import StoreError
from prompteval.core.fingerprint import fingerprint_bytes
from prompteval.core.notice import notice
from prompteval.core.request import Response
from prompteval.core.response_json import check_request, response_as_json, response_from_json
from prompteval.core.strict_json import loads
from prompteval.store.connection import FAULTS, Migration, open_database, open_for_reading
from prompteval.store.typed import dumps
from prompteval.store.writer import Writer, insert_many


def _first_table(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE TABLE replies (key TEXT PRIMARY KEY, request TEXT NOT NULL, response TEXT NOT NULL)"
        " WITHOUT ROWID"
    )


def _day_stored(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE replies ADD COLUMN day INTEGER NOT NULL DEFAULT 0")


def _rows_beside_keys(connection: sqlite3.Connection) -> None:
    """Long rows inside the tree of keys made each insert move many pages."""
    connection.execute("ALTER TABLE replies RENAME TO replies_by_key")
    connection.execute(
        "CREATE TABLE replies (key TEXT NOT NULL UNIQUE, request TEXT NOT NULL, response TEXT NOT NULL,"
        " day INTEGER NOT NULL)"
    )
    connection.execute("INSERT INTO replies SELECT key, request, response, day FROM replies_by_key")
    connection.execute("DROP TABLE replies_by_key")


def _hash_beside(connection: sqlite3.Connection) -> None:
    """Replies from before have none."""
    connection.execute("ALTER TABLE replies ADD COLUMN hash TEXT")


# Append only: a step that has been released is never edited.
MIGRATIONS: tuple[Migration, ...] = (_first_table, _day_stored, _rows_beside_keys, _hash_beside)
GATHER_SECONDS = 0.02
# So many replies, of so many characters in all, are read from memory until they are surely committed.
RECENT_REPLIES = 5_000
RECENT_CHARACTERS = 16_000_000
PUTS_A_READ = 500
SECONDS_A_DAY = 86_400


class SqliteCache:
    """Replies by key. A row that cannot be read counts as a miss, with a warning."""

    def __init__(self, path: Path) -> None:
        self._writer = Writer(open_database(path, MIGRATIONS), gather_s=GATHER_SECONDS)
        self._reader = open_for_reading(path, MIGRATIONS)
        self._recent: dict[str, str] = {}
        self._puts = self._held = 0
        self._job_waits = False
        self._handed_in: deque[tuple[str, str, str, int]] = deque()
        self._path = path

    @classmethod
    def open(cls, path: Path) -> "SqliteCache":
        """Open or make the cache. Raises StoreError for a file that cannot be used."""
        return cls(path)

    @property
    def waits(self) -> bool:
        return False

    def get(self, key: str) -> Response | None:
        """The stored reply, marked as served by the cache; None when there is none."""
        text, mark = self._recent.get(key), None
        data = None if text is None else text.encode()
        if data is None:
            try:
                found = self._read(key)
            except FAULTS as error:
                raise StoreError(str(self._path), f"could not be read: {error}; delete it") from None
            if found is None:
                return None
            data, mark = found
        return kept_reply(key, data, None if mark is None else mark.decode("utf-8", "replace"))

    def exchange(self, key: str) -> tuple[dict[str, object], Response] | None:
        """The request as JSON values, and its reply; None where the cache does not have both."""
        self.flush()
        if self._reader.in_transaction:  # which began before what was just stored
            self._reader.execute("COMMIT")
        found = stored_exchange(self._reader, key)
        return None if found is None else read_exchange(*found)

    def _read(self, key: str) -> tuple[bytes, bytes | None] | None:
        """A reply and its hash, read within one long transaction, which spares most of the cost of a read.

        As bytes, so that a text that is not UTF-8 is one damaged row and not an error of the database.

        It is renewed once PUTS_A_READ replies were put, long before one of them leaves the memory.
        """
        if self._puts >= PUTS_A_READ:
            self._reader.execute("COMMIT")
            self._puts = 0
        if not self._reader.in_transaction:
            self._reader.execute("BEGIN")
        sql = "SELECT CAST(response AS BLOB), CAST(hash AS BLOB) FROM replies WHERE key = ?"
        found: tuple[bytes, bytes | None] | None = self._reader.execute(sql, (key,)).fetchone()
        return found

    def put(self, key: str, request: str, response: Response) -> None:
        """Store a reply with its request as JSON text, committed about GATHER_SECONDS later.

        The same key again replaces it.
        """
        text = dumps(response_as_json(response))
        self._recent.pop(key, None)
        self._recent[key] = text
        self._puts += 1
        self._held += len(text)
        if len(self._recent) > RECENT_REPLIES or self._held > RECENT_CHARACTERS:
            self.flush()
            self._recent = {key: text}
            self._held = len(text)
            self._puts = PUTS_A_READ
        self._handed_in.append((key, request, text, int(time.time()) // SECONDS_A_DAY))
        if not self._job_waits:
            self._job_waits = True
            self._writer.submit(self._store)

    def _store(self, connection: sqlite3.Connection) -> None:
        """Everything handed in so far, at once. The mark goes first: what comes later makes a new job."""
        self._job_waits = False
        batch = [self._handed_in.popleft() for _ in range(len(self._handed_in))]
        hashed = [(*one, reply_hash(one[0], one[2].encode())) for one in batch]
        insert_many(connection, "replies (key, request, response, day, hash)", hashed)

    def flush(self) -> None:
        """Return when everything handed in is committed."""
        self._writer.flush()

    def close(self) -> None:
        """Commit and close."""
        self._reader.close()
        self._writer.close()


def kept_reply(key: str, data: bytes, mark: str | None) -> Response | None:
    """The reply behind its stored form; None, with a warning, for one that is damaged or was changed since.

    `mark` is its hash as it was stored, None where none was.
    """
    try:
        if mark is not None and mark != reply_hash(key, data):
            raise ValueError("it was changed after it was stored")
        return response_from_json(loads(data), "cache")
    except ValueError:
        notice(f"the cached reply {key[:19]}... is damaged and will be requested again")
        return None


def stored_exchange(connection: sqlite3.Connection, key: str) -> tuple[str, str] | None:
    """The request and the reply as JSON texts; None for one that is not there, or was changed since."""
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


def read_exchange(request: str, response: str) -> tuple[dict[str, object], Response] | None:
    """The request as JSON values, and its reply; None where a text is not one."""
    try:
        body = loads(request)
        check_request(body)
        return body, response_from_json(loads(response), "cache")
    except ValueError:
        return None


def reply_hash(key: str, response: bytes) -> str:
    """What a stored reply is checked against: the hash of the key it belongs to, and of its text."""
    return fingerprint_bytes(key.encode() + b"\n" + response)
