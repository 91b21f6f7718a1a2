"""A model behind one of OpenAI's APIs, over our own aiohttp client: every case of a large run comes here."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

from prompteval.core.address import without_credentials
from prompteval.core.errors import OutputError
from prompteval.core.request import Request, Response
from prompteval.core.secret import hide
from prompteval.providers.openai.api import api_of
from prompteval.providers.openai.calls import offered
from prompteval.providers.openai.errors import (
    ServerLimits,
    bad_reply,
    error_of_answer,
    server_limits,
)
from prompteval.providers.openai.reply import filtered_prompt
from prompteval.providers.openai.server import Server
from prompteval.providers.openai.stream import Assembly, Piece, StreamedBody
from prompteval.providers.openai.writer import BodyWriter
from prompteval.wire import (
    REPLY_BYTES,
    HttpAnswer,
    Refused,
    excerpt,
    exchange,
    no_answer_in_time,
    post_json,
    post_lines,
)

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from yarl import URL


@dataclass(frozen=True, slots=True)
class _Opened:
    """The connections to the server, and the address that calls go to."""

    session: "ClientSession"
    url: "URL"


_CUT = {
    "length": "the answer was cut at the token limit; raise max_output_tokens",
    "content_filter": "the answer was withheld by a filter",
}
# For a connection that no call waits for yet.
CONNECT_SECONDS = 5.0
# A stream says much beside each token.
STREAM_BYTES = 8 * REPLY_BYTES


class OpenAIProvider:
    """Chat completions or responses, with strict JSON-schema output where the prompt's output is a model.

    One call is one attempt: nothing is tried again here. It ends after `timeout_s` seconds in all, however
    slowly the server drips, also where the reply is streamed. Redirects are not followed. `on_limits`, where
    set, is called with the limits the server reports after each answer.
    """

    def __init__(self, model: str, server: Server, *, timeout_s: float) -> None:
        self.server = server
        self.shape = server.shape
        self.model = model
        self.timeout_s = timeout_s
        self.on_limits: Callable[[ServerLimits], None] | None = None
        self._api = api_of(self.shape)
        self._bodies = BodyWriter(model, self.shape)
        self._opened: _Opened | None = None

    def __repr__(self) -> str:
        return f"OpenAIProvider({self.model!r}, base_url={without_credentials(self.server.base_url)!r})"

    @property
    def identity(self) -> str:
        address = without_credentials(self.server.base_url)
        return f"openai-{self._api.name}:{address}:{self.model}{self.shape.identity}"

    def check_ready(self) -> None:
        """Raise ProviderError(no_credentials) when the key's variable is not set, or its place is wrong."""
        self.server.check_ready(self.model)

    async def connect(self) -> None:
        """Ask for the list of models and ignore the answer: the connection is kept for the first call."""
        opened = self._opened or self._open()
        await exchange(opened.session, "GET", self.server.url("models"), timeout_s=CONNECT_SECONDS)

    async def complete(self, request: Request) -> Response:
        if self.shape.stream:
            return await self._complete_stream(request)
        body = self._bodies.write(request)
        opened = self._opened or self._open()
        started = perf_counter()
        answer = await post_json(opened.session, opened.url, body, timeout_s=self.timeout_s)
        elapsed_ms = (perf_counter() - started) * 1000
        self._look_at(answer.headers)
        if answer.status != 200:
            return _filtered(answer, elapsed_ms, self.server)
        try:
            raw = answer.json()
        except ValueError as error:
            raise bad_reply(f"the reply is not JSON: {error}", answer.excerpt()) from None
        reply = self._api.read(
            raw,
            answer.excerpt,
            answer.headers.get("x-request-id"),
            elapsed_ms,
            by_tool=self._answers_by_tool(request),
        )
        return offered(request, reply, answer.excerpt)

    async def stream(self, request: Request) -> AsyncIterator[str]:
        """The text of a reply as it is written; the caller holds the deadline.

        Raises as `complete`, and OutputError for a reply that is refused or not whole.
        """
        body, sent = StreamedBody(self._assembly(request)), False
        try:
            async with aclosing(self._pieces(body, request, self._look_at)) as pieces:
                async for piece in pieces:
                    if piece.text:
                        sent = True
                        yield hide(piece.text)
        except Refused as refused:
            filtered = _filtered(refused.answer, 0.0, self.server)
            raise OutputError("content_filter", filtered.reason or "a filter stopped the prompt") from None
        reply = self._api.read(body.value, lambda: "", None, 0.0, by_tool=self._answers_by_tool(request))
        reply = offered(request, reply, lambda: "")
        if reply.text and not sent:
            yield reply.text
        if reply.refusal:
            raise OutputError("refused", reply.refusal)
        if reply.finish in _CUT:
            raise OutputError(reply.finish, _CUT[reply.finish])
        if reply.tool_calls:
            raise OutputError("tool_calls", "the reply calls tools, which a stream does not give; use run()")

    async def _complete_stream(self, request: Request) -> Response:
        """One reply that comes in pieces, with the milliseconds to its first token and its first text."""
        body, headers, times = StreamedBody(self._assembly(request)), dict[str, str](), dict[str, float]()
        started = perf_counter()

        def answered(found: Mapping[str, str]) -> None:
            headers.update({"x-request-id": found["x-request-id"]} if "x-request-id" in found else {})
            self._look_at(found)

        try:
            async with (
                asyncio.timeout(self.timeout_s),
                aclosing(self._pieces(body, request, answered)) as pieces,
            ):
                async for piece in pieces:
                    elapsed_ms = (perf_counter() - started) * 1000
                    if piece.written:
                        times.setdefault("first_token_ms", elapsed_ms)
                    if piece.text:
                        times.setdefault("first_answer_ms", elapsed_ms)
        except Refused as refused:
            self._look_at(refused.answer.headers)
            return _filtered(refused.answer, (perf_counter() - started) * 1000, self.server)
        except TimeoutError:
            raise no_answer_in_time(self.timeout_s) from None
        reply = self._api.read(
            body.value,
            lambda: excerpt(json.dumps(body.value)),
            headers.get("x-request-id"),
            (perf_counter() - started) * 1000,
            by_tool=self._answers_by_tool(request),
        )
        reply = offered(request, reply, lambda: excerpt(json.dumps(body.value)))
        return replace(reply, details={**reply.details, **times})

    async def _pieces(
        self, body: StreamedBody, request: Request, answered: Callable[[Mapping[str, str]], None]
    ) -> AsyncGenerator[Piece, None]:
        """What each event brings. Left early, it closes the connection, so that the server stops."""
        sent = self._bodies.write_stream(request)
        opened = self._opened or self._open()
        lines = post_lines(
            opened.session, opened.url, sent, answered, most_bytes=STREAM_BYTES, longest=REPLY_BYTES
        )
        async with aclosing(lines), aclosing(body.pieces(lines)) as pieces:
            async for piece in pieces:
                yield piece

    def _assembly(self, request: Request) -> Assembly:
        return self._api.assemble(by_tool=self._answers_by_tool(request))

    def _look_at(self, headers: Mapping[str, str]) -> None:
        """Tell what the server says of its limits."""
        limits = server_limits(headers) if self.on_limits is not None else None
        if self.on_limits is not None and limits is not None:
            self.on_limits(limits)

    async def aclose(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.session.close()

    def _open(self) -> "_Opened":
        self.check_ready()
        from yarl import URL

        self._opened = _Opened(self.server.open_session(), URL(self.server.url(self._api.path)))
        return self._opened

    def _answers_by_tool(self, request: Request) -> bool:
        return request.schema is not None and self.shape.structured == "tool"


def _filtered(answer: HttpAnswer, elapsed_ms: float, server: Server) -> Response:
    """The reply of a prompt that a filter stopped. Raises ProviderError for every other status."""
    code, server_message = error_of_answer(answer)
    found = filtered_prompt(answer.status, code, server_message, elapsed_ms)
    if found is None:
        raise server.error_of(answer)
    return found
