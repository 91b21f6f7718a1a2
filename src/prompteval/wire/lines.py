"""Files of lines that a server sends, taken line by line so that none is ever held whole."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING

from prompteval.core.errors import PromptevalError, ProviderError
from prompteval.wire.body import pieces, read_body
from prompteval.wire.exchange import ERROR_BYTES, HttpAnswer, call, connection_error

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession
    from yarl import URL


async def for_each_line(
    session: "ClientSession",
    url: "str | URL",
    take: Callable[[bytes | None], None],
    *,
    timeout_s: float,
    most_bytes: int,
    longest: int,
) -> HttpAnswer | None:
    """Hand each line of a file to `take`, None in place of one of over `longest` bytes.

    Gives back the answer where it is another than 200, and no line was handed on. Raises ProviderError as
    `exchange` does; the lines before that were handed on.
    """

    async def lines(reply: "ClientResponse") -> HttpAnswer | None:
        if reply.status != 200:
            return HttpAnswer(reply.status, reply.headers, await read_body(reply, ERROR_BYTES))
        async for line in _split(pieces(reply, most_bytes), longest):
            take(line)
        return None

    return await call(session, "GET", url, lines, timeout_s=timeout_s)


async def _split(found: AsyncIterator[bytes], longest: int) -> AsyncIterator[bytes | None]:
    """Lines without their ends; of one that is too long nothing is kept."""
    line, dropped = bytearray(), False
    async for piece in found:
        *ends, rest = piece.split(b"\n")
        for end in ends:
            line += end
            yield None if dropped or len(line) > longest else bytes(line)
            line, dropped = bytearray(), False
        line += rest
        if len(line) > longest:
            line, dropped = bytearray(), True
    if line or dropped:
        yield None if dropped else bytes(line)


class Refused(Exception):
    """An answer of another status than 200, in place of lines."""

    def __init__(self, answer: HttpAnswer) -> None:
        super().__init__(f"HTTP {answer.status}")
        self.answer = answer


async def post_lines(
    session: "ClientSession",
    url: "str | URL",
    body: bytes,
    answered: Callable[[Mapping[str, str]], None],
    *,
    most_bytes: int,
    longest: int,
) -> AsyncGenerator[bytes, None]:
    """The lines of the answer to a POST of JSON, as they come; its headers go to `answered` before them.

    Raises Refused for another status than 200, ProviderError as `exchange` does; a line of over `longest`
    bytes is too_large. The caller holds the deadline.
    """
    try:
        async with session.request(
            "POST", url, data=body, headers={"Content-Type": "application/json"}, allow_redirects=False
        ) as reply:
            if reply.status != 200:
                raise Refused(HttpAnswer(reply.status, reply.headers, await read_body(reply, ERROR_BYTES)))
            answered(reply.headers)
            async for line in _split(pieces(reply, most_bytes), longest):
                if line is None:
                    raise ProviderError("too_large", f"a line of the answer is over {longest:,} bytes")
                yield line
    except (PromptevalError, Refused, TimeoutError):
        raise
    except Exception as error:  # the client raises many types for what a server sends
        raise connection_error(error) from None
