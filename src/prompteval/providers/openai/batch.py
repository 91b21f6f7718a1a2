"""The Batch API: a file of requests up, a file of replies down."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from prompteval.core.errors import ProviderError
from prompteval.core.request import Request, Response
from prompteval.core.response_json import token_count
from prompteval.core.secret import hide
from prompteval.providers.hosted.provider import HostedProvider
from prompteval.providers.openai.batch_lines import batch_endpoint, batch_line, read_result
from prompteval.providers.openai.errors import LONGEST_MESSAGE, bad_reply, error_code_and_message
from prompteval.wire import REPLY_BYTES, HttpAnswer, exchange, for_each_line, post_json

WINDOW: Final = "24h"
# What one file may hold (platform.openai.com, Batch API guide: 50,000 requests, 200 MB).
MOST_LINES = 50_000
MOST_BYTES = 200_000_000
# Of a file of results, beside one reply of the largest size.
BYTES_A_LINE: Final = 100_000
LINES_MORE: Final = 100
# Up or down, all of a file, or of a body that holds one.
FILE_SECONDS: Final = 1800.0
TRIES: Final = 3
MOST_PAGES: Final = 1000
# A batch carries them as metadata, so that it can be found again.
RUN_MARK: Final = "prompteval_run"
PART_MARK: Final = "prompteval_part"
ErrorOf = Callable[[HttpAnswer], ProviderError]
ENDED = frozenset({"completed", "failed", "expired", "cancelled"})


@dataclass(frozen=True, slots=True)
class BatchState:
    """How far a batch is. The files are named once it has ended; either may be missing."""

    status: str
    completed: int
    failed: int
    total: int
    output_file: str | None
    error_file: str | None
    message: str = ""

    @property
    def ended(self) -> bool:
        return self.status in ENDED


class BatchClient:
    """Files and batches of one server. Raises ProviderError for every failure there."""

    most_lines = MOST_LINES
    most_bytes = MOST_BYTES

    def __init__(self, provider: HostedProvider) -> None:
        provider.check_ready()
        self._model = provider.model
        self._server = provider.server
        self._session = self._server.open_session()
        self._timeout_s = provider.timeout_s

    def line(self, request: Request) -> bytes:
        """A request as a line of the file that `submit` reads."""
        return batch_line(self._model, request, self._server.shape)

    async def submit(self, path: Path, run_id: str, part: int) -> str:
        """Upload a file of requests and start its batch, named by run and part; the batch's id.

        A start whose answer is lost is not tried again: it may have begun, and `started` finds it.
        """
        wanted = {
            "input_file_id": await self._upload(path),
            "endpoint": batch_endpoint(self._server.shape),
            "completion_window": WINDOW,
            "metadata": {RUN_MARK: run_id, PART_MARK: str(part)},
        }
        url, body = self._server.url("batches"), json.dumps(wanted).encode("ascii")
        answer = await post_json(self._session, url, body, timeout_s=self._timeout_s)
        return id_of(object_of(answer, self.error_of))

    async def started(self, run_id: str) -> dict[int, str]:
        """Part to id of every batch that a run has started here, whether or not its id was noted."""
        found: dict[int, str] = {}
        after = ""
        for _ in range(MOST_PAGES):
            page = await self._ask(f"batches?limit=100{after}")
            listed = page.get("data")
            batches = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
            for batch in batches:
                marks = batch.get("metadata")
                if isinstance(marks, dict) and marks.get(RUN_MARK) == run_id:
                    found[_part(marks.get(PART_MARK))] = id_of(batch)
            if page.get("has_more") is not True or not batches:
                break
            after = f"&after={segment(id_of(batches[-1]))}"
        return found

    async def look(self, batch_id: str) -> BatchState:
        """How far a batch is."""
        batch = await self._ask(f"batches/{segment(batch_id)}")
        counts, errors = batch.get("request_counts"), batch.get("errors")
        counts = counts if isinstance(counts, dict) else {}
        listed = errors.get("data") if isinstance(errors, dict) else None
        messages = (
            [error_code_and_message({"error": error})[1] for error in listed]
            if isinstance(listed, list)
            else []
        )
        return BatchState(
            _short(batch.get("status")),
            token_count(counts.get("completed")) or 0,
            token_count(counts.get("failed")) or 0,
            token_count(counts.get("total")) or 0,
            _short(batch.get("output_file_id")) or None,
            _short(batch.get("error_file_id")) or None,
            hide("; ".join(messages[:20]))[:LONGEST_MESSAGE],
        )

    async def results(
        self, file_id: str, lines: int, take: Callable[[str, Response | ProviderError], None]
    ) -> int:
        """Hand on each result of a file of about so many `lines`; how many lines could not be read.

        A line that is not a result, or over the size of a reply, is skipped: its case has no reply then.
        Some lines more than there were requests do no harm; a file without end is refused.
        """
        seen = unread = 0
        most = 2 * lines + LINES_MORE

        def line(text: bytes | None) -> None:
            nonlocal seen, unread
            if text is not None and not text.strip():
                return
            seen += 1
            if seen > most:
                raise ProviderError("too_large", f"the file of results has over {most:,} lines")
            try:
                take(*self._read(b"" if text is None else text))
            except ValueError:
                unread += 1

        answer = await for_each_line(
            self._session,
            self._server.url(self._results_path(file_id)),
            line,
            timeout_s=FILE_SECONDS,
            most_bytes=REPLY_BYTES + lines * BYTES_A_LINE,
            longest=REPLY_BYTES,
        )
        if answer is not None:
            raise self.error_of(answer)
        return unread

    def error_of(self, answer: HttpAnswer) -> ProviderError:
        """The error of an answer other than 200."""
        return self._server.error_of(answer)

    async def aclose(self) -> None:
        await self._session.close()

    def _results_path(self, file_id: str) -> str:
        return f"files/{segment(file_id)}/content"

    def _read(self, text: bytes) -> tuple[str, Response | ProviderError]:
        return read_result(text, self._server.shape)

    async def _upload(self, path: Path) -> str:
        from aiohttp import FormData

        async def once() -> HttpAnswer:
            with path.open("rb") as file:
                form = FormData()
                form.add_field("purpose", "batch")
                form.add_field("file", file, filename="batch.jsonl", content_type="application/octet-stream")
                url = self._server.url("files")
                return await exchange(self._session, "POST", url, data=form, timeout_s=FILE_SECONDS)

        return id_of(await patiently(once, self.error_of))

    async def _ask(self, path: str) -> dict[str, object]:
        """The JSON object behind a path below the base URL."""
        url = self._server.url(path)

        def once() -> Awaitable[HttpAnswer]:
            return exchange(self._session, "GET", url, timeout_s=self._timeout_s)

        return await patiently(once, self.error_of)


async def patiently(once: Callable[[], Awaitable[HttpAnswer]], error_of: ErrorOf) -> dict[str, Any]:
    """The JSON object that a server answers with, asked for again while that may help."""
    for attempt in range(1, TRIES + 1):
        try:
            return object_of(await once(), error_of)
        except ProviderError as error:
            if not error.retryable or attempt == TRIES:
                raise
        await asyncio.sleep(attempt)
    raise AssertionError("unreachable: the last attempt returns or raises")


def object_of(answer: HttpAnswer, error_of: ErrorOf) -> dict[str, object]:
    """The JSON object of an answer. Raises ProviderError for any other answer."""
    if answer.status != 200:
        raise error_of(answer)
    try:
        raw = answer.json()
    except ValueError as error:
        raise bad_reply(f"the answer is not JSON: {error}", answer.excerpt()) from None
    if not isinstance(raw, dict):
        raise bad_reply("the answer is not a JSON object", answer.excerpt())
    return raw


def id_of(raw: dict[str, object]) -> str:
    """The id of a file or batch. Raises ProviderError where there is none."""
    found = raw.get("id")
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST_MESSAGE or not found.isprintable():
        raise ProviderError("bad_response", "the answer has no id")
    return found


def segment(name: str) -> str:
    """An id as a part of a path; of one with half a character, another that no server knows."""
    return quote(name, safe="", errors="replace")


def array_of(path: Path) -> bytes:
    """The requests of a file, one a line, as an array of JSON; all of it is held in memory."""
    with path.open("rb") as file:
        return b"[" + b",".join(line.rstrip(b"\n") for line in file) + b"]"


def _short(value: object) -> str:
    return hide(value)[:LONGEST_MESSAGE] if isinstance(value, str) else ""


def _part(value: object) -> int:
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 9 else -1
