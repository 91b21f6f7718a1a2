"""Anthropic's Messages API as a dialect of a hosted model."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from prompteval.core.errors import ProviderError
from prompteval.core.request import Request, Response, chat_json
from prompteval.providers.anthropic.body import request_body
from prompteval.providers.anthropic.reply import read_message
from prompteval.providers.anthropic.stream import MessageAssembly
from prompteval.providers.hosted.dialect import NativeDialect
from prompteval.providers.openai.errors import ServerLimits, whole
from prompteval.providers.openai.stream import Assembly
from prompteval.wire import HttpAnswer


class AnthropicDialect(NativeDialect):
    """Messages, in one body or as events."""

    kind = "anthropic"
    request_id: Final = "request-id"
    # API reference, "Vision" and "PDF support".
    file_types = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"})

    def path(self, *, stream: bool) -> str:
        return "messages"

    def write(self, request: Request, *, stream: bool) -> bytes:
        body = request_body(self.model, request, self.server.shape)
        return chat_json({**body, **({"stream": True} if stream else {})}).encode("ascii")

    def read(
        self, request: Request, raw: object, excerpt: Callable[[], str], named: str | None, latency_ms: float
    ) -> Response:
        return read_message(raw, excerpt, named, latency_ms, by_tool=self._answers_by_tool(request))

    def assemble(self, request: Request) -> Assembly:
        return MessageAssembly(by_tool=self._answers_by_tool(request))

    def error_of(self, answer: HttpAnswer) -> ProviderError:
        return self.server.error_of(answer)

    def limits(self, headers: Mapping[str, str]) -> ServerLimits | None:
        """The headers `anthropic-ratelimit-*` (API reference, "Rate limits")."""
        head = "anthropic-ratelimit-"
        found = ServerLimits(
            whole(headers.get(f"{head}requests-remaining")),
            whole(headers.get(f"{head}tokens-remaining")),
            _seconds_until(headers.get(f"{head}requests-reset")),
            _seconds_until(headers.get(f"{head}tokens-reset")),
        )
        return None if found == ServerLimits() else found

    def _answers_by_tool(self, request: Request) -> bool:
        return request.schema is not None and self.server.shape.structured == "tool"


def _seconds_until(text: str | None) -> float | None:
    """Seconds to a time of RFC 3339, none less than 0; None for what is not one."""
    if text is None or len(text) > 40:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    if when.tzinfo is None:
        return None
    return max((when - datetime.now(UTC)).total_seconds(), 0.0)
