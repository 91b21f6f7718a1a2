"""Chat completions over our own aiohttp client: the path that every case of a large run takes."""

import os
from collections.abc import AsyncIterator, Callable
from time import perf_counter
from typing import Any

from prompteval.core.address import has_user, without_credentials
from prompteval.core.errors import OutputError, ProviderError
from prompteval.core.request import Request, Response
from prompteval.core.secret import from_environment
from prompteval.providers.openai.address import request_headers
from prompteval.providers.openai.body import BodyWriter
from prompteval.providers.openai.errors import ServerLimits, error_of_answer, server_limits, status_error
from prompteval.providers.openai.reply import bad_reply, filtered_prompt, read_reply
from prompteval.providers.openai.shape import Shape
from prompteval.providers.openai.stream import read_events
from prompteval.wire import REPLY_BYTES, HttpAnswer, Refused, open_session, post_json, post_lines

# A stream says much beside each token.
STREAM_BYTES = 8 * REPLY_BYTES


class OpenAIProvider:
    """Chat completions with strict JSON-schema output where the prompt's output is a model.

    One call is one attempt: nothing is tried again here. It ends after `timeout_s` seconds in
    all, however slowly the server drips. Redirects are not followed. `on_limits`, where set, is
    called with the limits the server reports after each answer.
    """

    def __init__(
        self, model: str, *, base_url: str, api_key_env: str, timeout_s: float, shape: Shape | None = None
    ) -> None:
        self.shape = shape or Shape()
        self.model = model
        self.base_url = base_url
        self.api_key_env = api_key_env
        self.timeout_s = timeout_s
        self.on_limits: Callable[[ServerLimits], None] | None = None
        self._bodies = BodyWriter(model, self.shape)
        self._url: Any = None
        self._session: Any = None

    def __repr__(self) -> str:
        return f"OpenAIProvider({self.model!r}, base_url={without_credentials(self.base_url)!r})"

    @property
    def identity(self) -> str:
        return f"openai-chat:{without_credentials(self.base_url)}:{self.model}{self.shape.identity}"

    def check_ready(self) -> None:
        """Raise ProviderError(no_credentials) when the key's variable is not set, or its place is wrong."""
        if has_user(self.base_url):
            message = f"base_url holds a user or password; the key belongs into {self.api_key_env}"
            raise ProviderError("no_credentials", message)
        if unset := self.shape.missing():
            raise ProviderError("no_credentials", f"{unset} is not set; headers_env of {self.model} reads it")
        if self.shape.needs_key and not os.environ.get(self.api_key_env, "").strip():
            message = f"{self.api_key_env} is not set; openai/{self.model} needs a key"
            raise ProviderError("no_credentials", message)

    async def complete(self, request: Request) -> Response:
        body = self._bodies.write(request)
        if self._session is None:
            self._open()
        started = perf_counter()
        answer = await post_json(self._session, self._url, body, timeout_s=self.timeout_s)
        elapsed_ms = (perf_counter() - started) * 1000
        if self.on_limits is not None:
            limits = server_limits(answer.headers)
            if limits is not None:
                self.on_limits(limits)
        if answer.status != 200:
            return _filtered(answer, elapsed_ms)
        try:
            raw = answer.json()
        except ValueError as error:
            raise bad_reply(f"the reply is not JSON: {error}", answer.excerpt()) from None
        return read_reply(
            raw,
            answer.excerpt,
            answer.headers.get("x-request-id"),
            elapsed_ms,
            by_tool=self._answers_by_tool(request),
        )

    async def stream(self, request: Request) -> AsyncIterator[str]:
        """The text of a reply as it is written; raises as `complete`. The caller holds the deadline."""
        body = self._bodies.write(request)
        if self._session is None:
            self._open()
        whole = body[:-1] + b',"stream":true}'
        lines = post_lines(self._session, self._url, whole, most_bytes=STREAM_BYTES, longest=REPLY_BYTES)
        try:
            async for piece in read_events(lines, by_tool=self._answers_by_tool(request)):
                yield piece
        except Refused as refused:
            filtered = _filtered(refused.answer, 0.0)
            raise OutputError("content_filter", filtered.reason or "a filter stopped the prompt") from None

    async def aclose(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> None:
        self.check_ready()
        from yarl import URL

        self._url = URL(self.shape.url(self.base_url, "chat/completions"))
        key = from_environment(self.api_key_env)
        self._session = open_session(self.base_url, request_headers(key, self.shape))

    def _answers_by_tool(self, request: Request) -> bool:
        return request.schema is not None and self.shape.structured == "tool"


def _filtered(answer: HttpAnswer, elapsed_ms: float) -> Response:
    """The reply of a prompt that a filter stopped. Raises ProviderError for every other status."""
    code, server_message = error_of_answer(answer)
    found = filtered_prompt(answer.status, code, server_message, elapsed_ms)
    if found is None:
        raise status_error(answer)
    return found
