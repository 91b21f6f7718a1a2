"""A model behind a server, over our own aiohttp client: every case of a large run comes here."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Final

from prompteval.core.address import without_credentials
from prompteval.core.errors import OutputError, ProviderError
from prompteval.core.media import MOST_SENT_BYTES, described
from prompteval.core.request import Request, Response
from prompteval.core.secret import hide
from prompteval.providers.hosted.dialect import Dialect
from prompteval.providers.hosted.hints import explained
from prompteval.providers.hosted.in_flight import FilesInFlight
from prompteval.providers.openai.calls import offered
from prompteval.providers.openai.errors import ServerLimits, bad_reply, not_json
from prompteval.providers.openai.filters import FILTERED, filtered_reply
from prompteval.providers.openai.server import Server
from prompteval.providers.openai.stream import Piece, StreamedBody
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
    """The connections to the server, and the addresses that calls go to: one body, a stream."""

    session: "ClientSession"
    url: "URL"
    stream_url: "URL"


_CUT: Final = {
    "length": "the answer was cut at the token limit; raise max_output_tokens",
    "content_filter": "the answer was withheld by a filter",
}
# For a connection that no call waits for yet.
CONNECT_SECONDS: Final = 5.0
# A stream says much beside each token.
STREAM_BYTES: Final = 8 * REPLY_BYTES


def _as_output(error: ProviderError) -> ProviderError:
    """The error of a stream for an application: a filter's is one of its output."""
    return OutputError("content_filter", str(error)) if error.kind == FILTERED else error


class HostedProvider:
    """A model that a server answers for, in one body or as a stream.

    One call is one attempt: nothing is tried again here. It ends after `timeout_s` seconds in all, however
    slowly the server drips, also where the reply is streamed. Redirects are not followed. `on_limits`, where
    set, is called with the limits the server reports after each answer.
    """

    def __init__(self, model: str, server: Server, dialect: Dialect, *, timeout_s: float) -> None:
        self.server = server
        self.shape = server.shape
        self.model = model
        self.timeout_s = timeout_s
        self.on_limits: Callable[[ServerLimits], None] | None = None
        self._dialect = dialect
        self._opened: _Opened | None = None
        self._in_flight = FilesInFlight()

    def __repr__(self) -> str:
        address = without_credentials(self.server.base_url)
        return f"{type(self).__name__}({self.model!r}, base_url={address!r})"

    @property
    def identity(self) -> str:
        return self._dialect.identity

    @property
    def file_types(self) -> frozenset[str]:
        return self._dialect.file_types

    def check_ready(self) -> None:
        """Raise ProviderError(no_credentials) when the key's variable is not set, or its place is wrong."""
        self.server.check_ready(self.model)

    async def connect(self) -> None:
        """Ask for the list of models and ignore the answer: the connection is kept for the first call."""
        opened = self._opened or self._open()
        await exchange(opened.session, "GET", self.server.url("models"), timeout_s=CONNECT_SECONDS)

    async def complete(self, request: Request) -> Response:
        complete = self._complete_stream if self.shape.stream else self._complete_body
        async with self._written(request, stream=self.shape.stream) as body:
            started = perf_counter()
            try:
                return await complete(request, body)
            except ProviderError as error:
                filtered = filtered_reply(error, (perf_counter() - started) * 1000)
                if filtered is None:
                    raise
                return filtered

    async def _complete_body(self, request: Request, body: bytes) -> Response:
        opened = self._opened or self._open()
        started = perf_counter()
        answer = await post_json(opened.session, opened.url, body, timeout_s=self.timeout_s)
        elapsed_ms = (perf_counter() - started) * 1000
        self._look_at(answer.headers)
        if answer.status != 200:
            raise self._refused(answer)
        try:
            raw = answer.json()
        except ValueError as error:
            raise bad_reply(f"the reply is {not_json(answer.body, error)}", answer.excerpt()) from None
        named = answer.headers.get(self._dialect.request_id)
        reply = self._dialect.read(request, raw, answer.excerpt, named, elapsed_ms)
        return offered(request, reply, answer.excerpt)

    async def stream(self, request: Request) -> AsyncIterator[str]:
        """The text of a reply as it is written; the caller holds the deadline.

        Raises as `complete`, and OutputError for a reply that is refused or not whole.
        """
        body, sent, begun = StreamedBody(self._dialect.assemble(request)), False, False
        try:
            async with (
                self._written(request, stream=True) as written,
                aclosing(self._pieces(body, written, self._look_at)) as pieces,
            ):
                async for piece in pieces:
                    if piece.text:
                        sent = begun = True
                        yield hide(piece.text)
                    elif piece.written and not begun:
                        begun = True
                        yield ""
            reply = self._dialect.read(request, body.value, lambda: "", None, 0.0)
        except Refused as refused:
            raise _as_output(self._refused(refused.answer)) from None
        except ProviderError as error:
            raise _as_output(error) from None
        reply = offered(request, reply, lambda: "")
        if reply.text and not sent:
            yield reply.text
        if reply.refusal or reply.finish == "refusal":
            raise OutputError("refused", reply.refusal or "the model refused")
        if reply.finish in _CUT:
            raise OutputError(reply.finish, _CUT[reply.finish])
        if reply.tool_calls:
            raise OutputError("tool_calls", "the reply calls tools, which a stream does not give; use run()")

    async def _complete_stream(self, request: Request, sent: bytes) -> Response:
        """One reply that comes in pieces, with the milliseconds to its first token and its first text."""
        body, times = StreamedBody(self._dialect.assemble(request)), dict[str, float]()
        named: list[str] = []
        started = perf_counter()

        def answered(headers: Mapping[str, str]) -> None:
            named.extend([headers[self._dialect.request_id]] if self._dialect.request_id in headers else [])
            self._look_at(headers)

        try:
            async with (
                asyncio.timeout(self.timeout_s),
                aclosing(self._pieces(body, sent, answered)) as pieces,
            ):
                async for piece in pieces:
                    elapsed_ms = (perf_counter() - started) * 1000
                    if piece.written:
                        times.setdefault("first_token_ms", elapsed_ms)
                    if piece.text:
                        times.setdefault("first_answer_ms", elapsed_ms)
        except Refused as refused:
            self._look_at(refused.answer.headers)
            raise self._refused(refused.answer) from None
        except TimeoutError:
            raise no_answer_in_time(self.timeout_s) from None
        elapsed_ms = (perf_counter() - started) * 1000

        def start() -> str:
            return excerpt(json.dumps(body.value))

        reply = self._dialect.read(request, body.value, start, named[0] if named else None, elapsed_ms)
        reply = offered(request, reply, start)
        return replace(reply, details={**reply.details, **times})

    async def _pieces(
        self, body: StreamedBody, sent: bytes, answered: Callable[[Mapping[str, str]], None]
    ) -> AsyncGenerator[Piece, None]:
        """What each event brings. Left early, it closes the connection, so that the server stops."""
        opened = self._opened or self._open()
        lines = post_lines(
            opened.session, opened.stream_url, sent, answered, most_bytes=STREAM_BYTES, longest=REPLY_BYTES
        )
        async with aclosing(lines), aclosing(body.pieces(lines)) as pieces:
            async for piece in pieces:
                yield piece

    @asynccontextmanager
    async def _written(self, request: Request, *, stream: bool) -> AsyncIterator[bytes]:
        """The body; files are read, hashed and encoded in a thread, and held in their bounds meanwhile."""
        if not request.has_files:
            yield self._dialect.write(request, stream=stream)
            return
        write = partial(self._dialect.write, request, stream=stream)
        async with self._in_flight.written(self._checked_size(request), write) as body:
            yield body

    def _checked_size(self, request: Request) -> int:
        """Bytes of the files. Raises ProviderError(unsupported) for one that is not sent, or too many."""
        files = list(request.files)
        size = sum(file.size for file in files)
        if size > MOST_SENT_BYTES:
            message = f"the files of the request have over {MOST_SENT_BYTES:,} bytes together"
            raise ProviderError("unsupported", message)
        for file in files:
            if file.media_type not in self.file_types:
                message = f"{request.model} takes no file like this: it is {described(file.media_type)}"
                raise ProviderError("unsupported", message)
        return size

    def _refused(self, answer: HttpAnswer) -> ProviderError:
        """The error of an answer other than 200, with what may help."""
        return explained(self._dialect.error_of(answer), answer, self.server)

    def _look_at(self, headers: Mapping[str, str]) -> None:
        """Tell what the server says of its limits."""
        limits = self._dialect.limits(headers) if self.on_limits is not None else None
        if self.on_limits is not None and limits is not None:
            self.on_limits(limits)

    async def aclose(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.session.close()

    def _open(self) -> _Opened:
        self.check_ready()
        from yarl import URL

        urls = [URL(self.server.url(self._dialect.path(stream=stream))) for stream in (False, True)]
        self._opened = _Opened(self.server.open_session(), *urls)
        return self._opened
