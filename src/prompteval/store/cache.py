"""The cache of replies, in a database of its own, by request key."""

import json
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prompteval.core.request import Response, Usage
from prompteval.store.connection import Migration, open_database
from prompteval.store.encoding import dumps
from prompteval.store.writer import Writer


def _first_table(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE TABLE replies (key TEXT PRIMARY KEY, request TEXT NOT NULL, response TEXT NOT NULL)"
        " WITHOUT ROWID"
    )


MIGRATIONS: tuple[Migration, ...] = (_first_table,)
PENDING_REPLIES = 256


class SqliteCache:
    """Replies by key. A row that cannot be read counts as a miss, with a warning."""

    def __init__(self, path: Path) -> None:
        self._reader = open_database(path, MIGRATIONS)
        self._writer = Writer(path, open_database(path, MIGRATIONS))
        self._pending: dict[str, tuple[str, str, str]] = {}

    @classmethod
    def open(cls, path: Path) -> "SqliteCache":
        """Open or make the cache. Raises StoreError for a file that cannot be used."""
        return cls(path)

    def get(self, key: str) -> Response | None:
        """The stored reply, marked as served by the cache; None when there is none."""
        if key in self._pending:
            return _response(self._pending[key][2])
        found = self._reader.execute("SELECT response FROM replies WHERE key = ?", (key,)).fetchone()
        if found is None:
            return None
        try:
            return _response(found[0])
        except (ValueError, TypeError, KeyError, AttributeError):
            sys.stderr.write(
                f"warning: the cached reply {key[:19]}... is damaged and will be asked for again\n"
            )
            return None

    def put(self, key: str, request: Mapping[str, Any], response: Response) -> None:
        """Store a reply; the same key again replaces it."""
        self._pending[key] = (key, dumps(request), dumps(_as_json(response)))
        if len(self._pending) >= PENDING_REPLIES:
            self.flush()

    def flush(self) -> None:
        """Hand what is pending to the writer and wait until it is committed."""
        if self._pending:
            batch = list(self._pending.values())
            sql = "INSERT OR REPLACE INTO replies VALUES (?, ?, ?)"
            self._writer.submit(lambda connection: connection.executemany(sql, batch))
        self._writer.flush()
        self._pending.clear()

    def close(self) -> None:
        """Commit and close."""
        self.flush()
        self._reader.close()
        self._writer.close()


def _as_json(response: Response) -> dict[str, Any]:
    usage = response.usage
    body: dict[str, Any] = {
        "text": response.text, "finish": response.finish, "model_reported": response.model_reported,
        "latency_ms": response.latency_ms, "refusal": response.refusal, "reason": response.reason,
        "confidence": response.confidence,
        "details": {name: value for name, value in response.details.items() if name != "attempts"},
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
