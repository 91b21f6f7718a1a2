"""Message batches: many requests in one body up, a file of results down.

Fields: Anthropic's API reference, "Create a Message Batch" and "Retrieve Message Batch results".
"""

import json
from pathlib import Path
from typing import Final

from prompteval.core.errors import ProviderError
from prompteval.core.request import Request, Response, chat_json
from prompteval.core.response_json import token_count
from prompteval.core.strict_json import JsonObject, loads
from prompteval.providers.anthropic.body import request_body
from prompteval.providers.anthropic.reply import error_in, read_message
from prompteval.providers.openai.batch import (
    FILE_SECONDS,
    BatchClient,
    BatchState,
    array_of,
    id_of,
    object_of,
    segment,
)
from prompteval.providers.openai.batch_lines import KEY
from prompteval.providers.openai.filters import filtered_reply
from prompteval.wire import excerpt, post_json

# A body is held in memory; the API takes 256 MB.
MOST_BYTES: Final = 32_000_000
# What we call a batch that has ended, with or without replies.
_STATUSES: Final = {"ended": "completed", "canceling": "cancelling"}
_MARK: Final = "sha256:"


class MessageBatches(BatchClient):
    """Batches of Anthropic's API.

    They carry no mark of ours, so that a start whose answer was lost cannot be found: its requests are sent
    again.
    """

    most_bytes = MOST_BYTES

    def line(self, request: Request) -> bytes:
        """A request as a line; the hash of its key is the `custom_id`, by which its reply is found."""
        body = request_body(self._model, request, self._server.shape)
        line = {"custom_id": request.key.removeprefix(_MARK), "params": body}
        return chat_json(line).encode("ascii") + b"\n"

    async def submit(self, path: Path, run_id: str, part: int) -> str:
        """Start the batch of the requests in a file; the batch's id."""
        url = self._server.url("messages/batches")
        body = b'{"requests":' + array_of(path) + b"}"
        answer = await post_json(self._session, url, body, timeout_s=FILE_SECONDS)
        return id_of(object_of(answer, self.error_of))

    async def started(self, run_id: str) -> dict[int, str]:
        """Nothing: no batch says which run has started it."""
        return {}

    async def look(self, batch_id: str) -> BatchState:
        """How far a batch is."""
        batch = await self._ask(f"messages/batches/{segment(batch_id)}")
        found = batch.get("request_counts")
        counts: JsonObject = found if isinstance(found, dict) else {}
        done, running, *others = (
            token_count(counts.get(name)) or 0
            for name in ("succeeded", "processing", "errored", "canceled", "expired")
        )
        status = str(batch.get("processing_status"))
        status = _STATUSES.get(status, "in_progress")
        failed = sum(others)
        results = batch_id if status == "completed" else None
        return BatchState(status, done, failed, done + failed + running, results, None)

    def _results_path(self, file_id: str) -> str:
        return f"messages/batches/{segment(file_id)}/results"

    def _read(self, text: bytes) -> tuple[str, Response | ProviderError]:
        line = loads(text, nan_is_null=True)
        line = line if isinstance(line, dict) else {}
        key, result = f"{_MARK}{line.get('custom_id')}", line.get("result")
        if not KEY.fullmatch(key) or not isinstance(result, dict):
            raise ValueError("a line without the custom_id of a request")
        return key, self._result(result)

    def _result(self, result: JsonObject) -> Response | ProviderError:
        kind, message = result.get("type"), result.get("message")

        def start() -> str:
            return excerpt(json.dumps(message))

        try:
            if kind == "succeeded":
                by_tool = self._server.shape.structured == "tool"
                return read_message(message, start, None, 0.0, by_tool=by_tool)
            if kind == "errored":
                error = result.get("error")
                raise error_in(error if isinstance(error, dict) else {}, "the batch has no reply", start())
        except ProviderError as failure:
            failure.retryable = False
            return filtered_reply(failure) or failure
        return ProviderError("expired", f"the batch has no reply: {str(kind)[:80]}")
