"""The Gemini API as a dialect of a hosted model."""

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

from prompteval.core.errors import ProviderError
from prompteval.core.media import MEDIA_TYPES
from prompteval.core.request import Request, Response, chat_json
from prompteval.core.strict_json import JsonObject
from prompteval.providers.gemini.body import request_body
from prompteval.providers.gemini.reply import error_of, is_answer, joined, read_response
from prompteval.providers.hosted.dialect import NativeDialect
from prompteval.providers.openai.errors import ServerLimits, bad_reply
from prompteval.providers.openai.stream import Assembly, Piece
from prompteval.wire import HttpAnswer


class GeminiDialect(NativeDialect):
    """generateContent, in one body or as events."""

    kind = "gemini"
    request_id: Final = "x-request-id"
    # Its guides "Image understanding", "Document understanding" and "Audio understanding": no GIF.
    file_types = frozenset(MEDIA_TYPES) - {"image/gif"}

    def path(self, *, stream: bool) -> str:
        method = "streamGenerateContent?alt=sse" if stream else "generateContent"
        return f"{model_path(self.model)}:{method}"

    def write(self, request: Request, *, stream: bool) -> bytes:
        return chat_json(request_body(self.model, request, self.server.shape)).encode("ascii")

    def read(
        self, request: Request, raw: object, excerpt: Callable[[], str], named: str | None, latency_ms: float
    ) -> Response:
        return read_response(raw, excerpt, latency_ms)

    def assemble(self, request: Request) -> Assembly:
        return ChunkAssembly()

    def error_of(self, answer: HttpAnswer) -> ProviderError:
        return answered_error(answer)

    def limits(self, headers: Mapping[str, str]) -> ServerLimits | None:
        """The API reports none."""
        return None


def model_path(model: str) -> str:
    """Where a model is, below the base URL."""
    name = model.removeprefix("models/")
    return quote(name if name.startswith("tunedModels/") else f"models/{name}", safe="/@.-_")


def answered_error(answer: HttpAnswer) -> ProviderError:
    """The error of an answer other than 200."""
    try:
        body = answer.json()
    except ValueError:
        body = {"error": {"message": " ".join(answer.excerpt().split())}}
    if isinstance(body, list) and body:  # a stream is a list where its form was not asked for
        body = body[0]
    return error_of(answer.status, answer.headers, body, answer.excerpt())


class ChunkAssembly:
    """One response from its chunks, each of them a response with a part of the answer."""

    def __init__(self) -> None:
        self._chunks: list[JsonObject] = []
        self.ended = False

    def take(self, event: object) -> Piece:
        if not isinstance(event, dict):
            raise bad_reply("an event of the stream is not a JSON object", "")
        if event.get("error"):
            read_response(event, lambda: "", 0.0)  # raises what the error means
        self._chunks.append(event)
        whole = joined([event])
        candidate = whole.get("candidates", [{}])[0]
        blocked = "promptFeedback" in whole and not candidate
        self.ended = self.ended or blocked or bool(candidate.get("finishReason"))
        parts = [part for part in candidate.get("content", {}).get("parts", []) if isinstance(part, dict)]
        text = "".join(part["text"] for part in parts if is_answer(part))
        return Piece(text, any(part.get("text") or part.get("functionCall") for part in parts))

    def body(self) -> JsonObject:
        return joined(self._chunks)
