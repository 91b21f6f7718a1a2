"""The cache of replies in Postgres, which the machines of a team share."""

import threading
import time
from typing import Final

from prompteval.core.fingerprint import fingerprint_bytes
from prompteval.core.request import Response
from prompteval.core.response_json import response_as_json
from prompteval.store.cache import GATHER_SECONDS, SECONDS_A_DAY, kept_reply, read_exchange, reply_hash
from prompteval.store.postgres.database import PostgresDatabase
from prompteval.store.postgres.gathered import Gathered
from prompteval.store.postgres.schema import prepare
from prompteval.store.postgres.session import Session
from prompteval.store.typed import dumps
from prompteval.store.writer import Writer

Reply = tuple[str, str, str, str, int]
_PUT: Final = (
    "INSERT INTO prompteval_replies AS kept (key, request, response, hash, day)"
    " SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::int[])"
    " ON CONFLICT (key) DO UPDATE SET request = EXCLUDED.request, response = EXCLUDED.response,"
    " hash = EXCLUDED.hash, day = EXCLUDED.day"
)


class PostgresCache:
    """See `ReplyCache`: replies by key. What this process put is read from memory until it is stored."""

    def __init__(self) -> None:
        session = Session()
        try:
            prepare(session)
            self._reader = Session(readonly=True)
        except BaseException:
            session.close()
            raise
        self._writer: Writer[Session] = Writer(PostgresDatabase(session), gather_s=GATHER_SECONDS)
        self._puts = Gathered(self._writer, _put, self._stored)
        self._recent: dict[str, Reply] = {}
        self._turn = threading.Lock()  # several threads look, and a connection is for one at a time

    @property
    def waits(self) -> bool:
        return True

    def get(self, key: str) -> Response | None:
        """The stored reply, marked as served by the cache; None when there is none."""
        recent = self._recent.get(key)
        if recent is not None:
            text, mark = recent[2], recent[3]
        else:
            sql = "SELECT response, hash FROM prompteval_replies WHERE key = %s"
            with self._turn:
                found = self._reader.execute(sql, (key,))
            if not found:
                return None
            text, mark = found[0]
        return kept_reply(key, text.encode(), mark)

    def exchange(self, key: str) -> tuple[dict[str, object], Response] | None:
        """The request as JSON values, and its reply; None where the cache does not have both."""
        self.flush()
        with self._turn:
            found = stored_exchange(self._reader, key)
        return None if found is None else read_exchange(*found)

    def put(self, key: str, request: str, response: Response) -> None:
        """Store a reply with its request as JSON text, soon. The same key again replaces it."""
        text = dumps(response_as_json(response))
        day = int(time.time()) // SECONDS_A_DAY
        reply = (key, request, text, reply_hash(key, text.encode()), day)
        self._recent[key] = reply
        self._puts.add(reply, len(request) + len(text))

    def _stored(self, replies: list[Reply], stored: bool) -> None:
        for reply in replies:
            if self._recent.get(reply[0]) is reply:
                self._recent.pop(reply[0], None)

    def flush(self) -> None:
        """Return when everything handed in is committed."""
        self._writer.flush()

    def close(self) -> None:
        """Commit and close."""
        self._reader.close()
        self._writer.close()


def stored_exchange(session: Session, key: str) -> tuple[str, str] | None:
    """The request and the reply as JSON texts; None for one that is not there, or was changed since."""
    sql = "SELECT request, response, hash FROM prompteval_replies WHERE key = %s"
    for request, response, mark in session.execute(sql, (key,)):
        if fingerprint_bytes(request.encode()) == key and mark == reply_hash(key, response.encode()):
            return request, response
    return None


def _put(session: Session, replies: list[Reply]) -> None:
    """In the order of their keys, so that two writers never wait in a ring; of a key the last."""
    found = [one for _, one in sorted({reply[0]: reply for reply in replies}.items())]
    session.execute(_PUT, [list(column) for column in zip(*found, strict=True)])
