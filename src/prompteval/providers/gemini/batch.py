"""Batches of the Gemini API: many requests in one body up, all of their replies in one body down.

Fields: its API reference, "Batch API" (models.batchGenerateContent, batches.get, batches.list).
"""

import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from prompteval.core.errors import ProviderError
from prompteval.core.request import Request, Response, chat_json
from prompteval.core.response_json import token_count
from prompteval.core.secret import hide
from prompteval.core.strict_json import JsonObject
from prompteval.providers.gemini.body import request_body
from prompteval.providers.gemini.dialect import answered_error, model_path
from prompteval.providers.gemini.reply import error_of, read_response
from prompteval.providers.openai.batch import (
    FILE_SECONDS,
    LINES_MORE,
    MOST_PAGES,
    BatchClient,
    BatchState,
    array_of,
    object_of,
    patiently,
    segment,
)
from prompteval.providers.openai.batch_lines import KEY
from prompteval.providers.openai.errors import LONGEST_MESSAGE, as_words
from prompteval.providers.openai.filters import FILTERED, filtered_reply
from prompteval.wire import HttpAnswer, excerpt, exchange, post_json

# What the API takes of requests in one body ("Batch API" guide: 20 MB); the whole of it is held in memory.
MOST_BYTES: Final = 20_000_000
MOST_LINES: Final = 10_000
# Of the body that all replies come in.
MOST_REPLY_BYTES: Final = 200_000_000
_NAME: Final = re.compile(r"batches/([\w.-]{1,200})", re.ASCII)
# What we call a state; every other one may still become one of these.
_STATUSES: Final = {
    "BATCH_STATE_SUCCEEDED": "completed",
    "BATCH_STATE_FAILED": "failed",
    "BATCH_STATE_CANCELLED": "cancelled",
    "BATCH_STATE_EXPIRED": "expired",
}

# Codes of google.rpc as the statuses of HTTP, and those of what was not done in time.
_HTTP: Final = {3: 400, 5: 404, 7: 403, 8: 429, 13: 500, 14: 503, 16: 401}
_LATE: Final = frozenset({1, 4})


class ContentBatches(BatchClient):
    """Batches of the Gemini API, with their requests and replies inside; each is named by its run."""

    most_lines = MOST_LINES
    most_bytes = MOST_BYTES

    def line(self, request: Request) -> bytes:
        """A request as a line; its key goes along, by which its reply is found."""
        body = request_body(self._model, request, self._server.shape)
        return chat_json({"request": body, "metadata": {"key": request.key}}).encode("ascii") + b"\n"

    async def submit(self, path: Path, run_id: str, part: int) -> str:
        """Start the batch of the requests in a file; the batch's id.

        A start whose answer is lost is not tried again: it may have begun, and `started` finds it.
        """
        url = self._server.url(f"{model_path(self._model)}:batchGenerateContent")
        body = _body_of(path, f"{_mark(run_id)}{part}")
        answer = await post_json(self._session, url, body, timeout_s=FILE_SECONDS)
        return _id_of(object_of(answer, self.error_of))

    async def started(self, run_id: str) -> dict[int, str]:
        """Part to id of every batch that a run has started here, whether or not its id was noted."""
        found: dict[int, str] = {}
        after = ""
        mark = re.compile(re.escape(_mark(run_id)) + r"(\d{1,8})")
        for _ in range(MOST_PAGES):
            page = await self._ask(f"batches?pageSize=100{after}")
            for batch in _objects(page.get("operations")):
                if named := mark.fullmatch(as_words(_object(batch.get("metadata")).get("displayName") or "")):
                    found[int(named[1])] = _id_of(batch)
            token = page.get("nextPageToken")
            if not isinstance(token, str) or not token:
                break
            after = f"&pageToken={segment(token)}"
        return found

    async def look(self, batch_id: str) -> BatchState:
        """How far a batch is. One that ended early may still have replies."""
        batch = await self._batch(batch_id)
        known, error = _object(batch.get("metadata")), _object(batch.get("error"))
        counts = _object(known.get("batchStats"))
        status = _STATUSES.get(as_words(known.get("state") or ""), "failed" if error else "in_progress")
        done, failed, total = (
            _count(counts.get(f"{name}Count")) for name in ("successfulRequest", "failedRequest", "request")
        )
        output = batch_id if status != "in_progress" and _replies(batch) else None
        message = hide(as_words(error.get("message") or ""))[:LONGEST_MESSAGE]
        return BatchState(status, done, failed, total, output, None, message)

    async def results(
        self, file_id: str, lines: int, take: Callable[[str, Response | ProviderError], None]
    ) -> int:
        """Hand on each reply of a batch of about so many `lines`; how many are of no request that we know.

        A reply is found by its key alone: the API may give them in another order than the requests.
        """
        batch = await self._batch(file_id)
        replies, unread = _replies(batch), 0
        most = 2 * lines + LINES_MORE
        if len(replies) > most:
            raise ProviderError("too_large", f"the batch has over {most:,} replies")
        for reply in replies:
            key = _object(reply.get("metadata")).get("key")
            if isinstance(key, str) and KEY.fullmatch(key):
                take(key, _result(reply))
            else:
                unread += 1
        return unread

    def error_of(self, answer: HttpAnswer) -> ProviderError:
        return answered_error(answer)

    async def _batch(self, batch_id: str) -> JsonObject:
        url, most = self._server.url(f"batches/{segment(batch_id)}"), MOST_REPLY_BYTES

        def once() -> Awaitable[HttpAnswer]:
            return exchange(self._session, "GET", url, timeout_s=FILE_SECONDS, most_bytes=most)

        return await patiently(once, self.error_of)


def _mark(run_id: str) -> str:
    """How the names of a run's batches begin; the number of the part follows."""
    return f"prompteval {run_id} "


def _body_of(path: Path, name: str) -> bytes:
    """The requests of a file as one body."""
    start = json.dumps({"displayName": name})[:-1].encode("ascii")
    return b'{"batch":' + start + b',"inputConfig":{"requests":{"requests":' + array_of(path) + b"}}}}"


def _id_of(batch: JsonObject) -> str:
    """The id of a batch. Raises ProviderError where there is none."""
    name = batch.get("name")
    found = _NAME.fullmatch(name) if isinstance(name, str) else None
    if found is None:
        raise ProviderError("bad_response", "the answer has no name of a batch")
    return found[1]


def _replies(batch: JsonObject) -> list[JsonObject]:
    """The replies inside a batch, where it has ended: below its answer, else below what is known of it."""
    for whole in (batch.get("response"), _object(batch.get("metadata")).get("output")):
        found = _object(_object(whole).get("inlinedResponses")).get("inlinedResponses")
        if isinstance(found, list):
            return _objects(found)
    return []


def _result(reply: JsonObject) -> Response | ProviderError:
    answer, error = reply.get("response"), reply.get("error")

    def start() -> str:
        return excerpt(json.dumps(answer))

    try:
        if error or not isinstance(answer, dict):
            code = token_count(_object(error).get("code")) or 0
            status = code if 400 <= code < 600 else _HTTP.get(code, 400)
            made = error_of(status, {}, {"error": error}, start())
            if made.kind == FILTERED:
                raise made
            message = f"the batch has no reply: {made if error else 'no reason given'}"
            return ProviderError("expired" if code in _LATE else made.kind, message, excerpt=start())
        return read_response(answer, start, 0.0)
    except ProviderError as failure:
        failure.retryable = False
        return filtered_reply(failure) or failure


def _object(value: object) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[JsonObject]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _count(value: object) -> int:
    """A count, which JSON of Google's has as a text."""
    digits = isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10
    return token_count(int(value) if digits and isinstance(value, str) else value) or 0
