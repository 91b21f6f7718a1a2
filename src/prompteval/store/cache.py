"""The cache of replies, in a database of its own, by request key."""

import json
import sqlite3
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prompteval.core.errors import StoreError
from prompteval.core.request import COUNTS, Response, Usage
from prompteval.store.connection import Migration, open_database
from prompteval.store.encoding import dumps
from prompteval.store.writer import QUEUED_JOBS, Writer


def _first_table(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE TABLE replies (key TEXT PRIMARY KEY, request TEXT NOT NULL, response TEXT NOT NULL)"
        " WITHOUT ROWID"
    )


def _day_stored(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE replies ADD COLUMN day INTEGER NOT NULL DEFAULT 0")


# Append only: a step that has been released is never edited.
MIGRATIONS: tuple[Migration, ...] = (_first_table, _day_stored)
GATHER_SECONDS = 0.02
# A reply is read from here until it is surely committed: the writer never has this many before it.
RECENT_REPLIES = 3 * QUEUED_JOBS
SECONDS_A_DAY = 86_400


class SqliteCache:
    """Replies by key. A row that cannot be read counts as a miss, with a warning."""

    def __init__(self, path: Path) -> None:
        self._reader = open_database(path, MIGRATIONS)
        self._writer = Writer(path, open_database(path, MIGRATIONS), gather_s=GATHER_SECONDS)
        self._recent: dict[str, str] = {}
        self._path = path

    @classmethod
    def open(cls, path: Path) -> "SqliteCache":
        """Open or make the cache. Raises StoreError for a file that cannot be used."""
        return cls(path)

    def get(self, key: str) -> Response | None:
        """The stored reply, marked as served by the cache; None when there is none."""
        text = self._recent.get(key)
        if text is None:
            try:
                found = self._reader.execute("SELECT response FROM replies WHERE key = ?", (key,)).fetchone()
            except sqlite3.DatabaseError as error:
                raise StoreError(str(self._path), f"could not be read: {error}; delete it") from None
            if found is None:
                return None
            text = found[0]
        try:
            return _response(text)
        except (ValueError, TypeError, KeyError, AttributeError):
            sys.stderr.write(
                f"warning: the cached reply {key[:19]}... is damaged and will be asked for again\n"
            )
            return None

    def put(self, key: str, request: Mapping[str, Any], response: Response) -> None:
        """Store a reply, committed within GATHER_SECONDS; the same key again replaces it."""
        text = dumps(_as_json(response))
        entry = (key, dumps(request), text, int(time.time()) // SECONDS_A_DAY)
        self._recent.pop(key, None)
        self._recent[key] = text
        if len(self._recent) > RECENT_REPLIES:
            del self._recent[next(iter(self._recent))]
        sql = "INSERT OR REPLACE INTO replies (key, request, response, day) VALUES (?, ?, ?, ?)"
        self._writer.submit(lambda connection: connection.execute(sql, entry))

    def flush(self) -> None:
        """Return when everything handed in is committed."""
        self._writer.flush()

    def close(self) -> None:
        """Commit and close."""
        self._reader.close()
        self._writer.close()


def _as_json(response: Response) -> dict[str, Any]:
    usage = response.usage
    body: dict[str, Any] = {
        "text": response.text, "finish": response.finish, "model_reported": response.model_reported,
        "latency_ms": response.latency_ms, "refusal": response.refusal, "reason": response.reason,
        "confidence": response.confidence,
        "details": {name: value for name, value in response.details.items() if name not in COUNTS},
        "logprobs": None if response.logprobs is None else list(response.logprobs),
        "usage": None if usage is None else {name: getattr(usage, name) for name in Usage.__slots__},
    }  # fmt: skip
    return {name: value for name, value in body.items() if value not in (None, {})}


def _response(text: str) -> Response:
    body = json.loads(text)
    usage, logprobs = body.pop("usage", None), body.pop("logprobs", None)
    return Response(
        **body,
        usage=None if usage is None else Usage(**usage),
        logprobs=None if logprobs is None else tuple(logprobs),
        served_by="cache",
    )
