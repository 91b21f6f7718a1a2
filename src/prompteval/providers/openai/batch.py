"""The Batch API, through the openai package: a file of requests up, a file of replies down."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from prompteval.core.errors import ProviderError
from prompteval.core.request import Request, Response
from prompteval.providers.openai.body import request_body
from prompteval.providers.openai.chat import OpenAIProvider
from prompteval.providers.openai.errors import status_error, without_secrets
from prompteval.providers.openai.reply import read_reply

ENDPOINT: Final = "/v1/chat/completions"
WINDOW: Final = "24h"
# What one file may hold (platform.openai.com, Batch API guide: 50,000 requests, 200 MB).
MOST_LINES = 50_000
MOST_BYTES = 200_000_000
# A batch carries them as metadata, so that it can be found again.
RUN_MARK: Final = "prompteval_run"
PART_MARK: Final = "prompteval_part"
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


def batch_line(model: str, request: Request) -> bytes:
    """The line of an input file; the request's key is the `custom_id`, by which its reply is found."""
    body = request_body(model, request)
    line = {"custom_id": request.key, "method": "POST", "url": ENDPOINT, "body": body}
    return json.dumps(line, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"


def read_results(path: Path) -> Iterator[tuple[str, Response | ProviderError]]:
    """(custom_id, reply or error) of an output or error file, in whatever order it has."""
    with path.open("rb") as file:
        for text in file:
            if text.strip():
                line = json.loads(text)
                yield str(line.get("custom_id")), _result(line)


def _result(line: dict[str, Any]) -> Response | ProviderError:
    error, answered = line.get("error"), line.get("response")
    if error or not isinstance(answered, dict):
        code = str((error or {}).get("code") or "bad_response")
        kind = "expired" if "expired" in code else "bad_response"
        return ProviderError(kind, f"the batch has no reply: {code}: {(error or {}).get('message', '')}")
    body = json.dumps(answered.get("body")).encode()
    status = int(answered.get("status_code") or 0)
    try:
        if status != 200:
            raise status_error(status, {}, body)
        return read_reply(body, answered.get("request_id"), 0.0)
    except ProviderError as failure:
        failure.retryable = False
        return failure


class BatchClient:
    """Files and batches of one server. Raises ProviderError for whatever goes wrong there."""

    def __init__(self, provider: OpenAIProvider) -> None:
        provider.check_ready()
        import openai

        self._openai = openai
        self._client = openai.AsyncOpenAI(
            api_key=os.environ[provider.api_key_env],
            base_url=provider.base_url,
            http_client=openai.DefaultAsyncHttpxClient(follow_redirects=False),
        )

    async def submit(self, path: Path, run_id: str, part: int) -> str:
        """Upload a file of requests and start its batch, named by run and part; the batch's id.

        A start whose answer is lost is not tried again: it may have begun, and `started` finds it.
        """
        with self._translated():
            uploaded = await self._client.files.create(file=path, purpose="batch")
            batch = await self._client.with_options(max_retries=0).batches.create(
                input_file_id=uploaded.id,
                endpoint=ENDPOINT,
                completion_window=WINDOW,
                metadata={RUN_MARK: run_id, PART_MARK: str(part)},
            )
        return batch.id

    async def started(self, run_id: str) -> dict[int, str]:
        """Part to id of every batch that a run has started here, whether or not its id was noted."""
        found: dict[int, str] = {}
        with self._translated():
            async for batch in self._client.batches.list(limit=100):
                marks = batch.metadata or {}
                if marks.get(RUN_MARK) == run_id:
                    found[int(marks.get(PART_MARK, -1))] = batch.id
        return found

    async def look(self, batch_id: str) -> BatchState:
        """How far a batch is."""
        with self._translated():
            batch = await self._client.batches.retrieve(batch_id)
        counts, errors = batch.request_counts, batch.errors.data if batch.errors else None
        return BatchState(
            batch.status,
            counts.completed if counts else 0,
            counts.failed if counts else 0,
            counts.total if counts else 0,
            batch.output_file_id,
            batch.error_file_id,
            "; ".join(str(error.message) for error in errors or ()),
        )

    async def download(self, file_id: str, path: Path) -> None:
        """Write a file of results to `path`, piece by piece."""
        with self._translated():
            async with self._client.files.with_streaming_response.content(file_id) as reply:
                await reply.stream_to_file(path)

    async def aclose(self) -> None:
        await self._client.close()

    def _translated(self) -> "_Translated":
        return _Translated(self._openai, self._client.api_key)


class _Translated:
    """Errors of the openai package as ProviderErrors."""

    def __init__(self, openai: Any, key: str) -> None:
        self._openai = openai
        self._key = key

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if isinstance(error, self._openai.APIStatusError):
            failure = status_error(error.status_code, error.response.headers, error.response.content)
        elif isinstance(error, self._openai.APIConnectionError):
            cause = error.__cause__ or error
            failure = ProviderError("connection", f"no connection: {type(cause).__name__}: {cause}")
        else:
            return
        without_secrets(failure, self._key)
        raise failure from None
