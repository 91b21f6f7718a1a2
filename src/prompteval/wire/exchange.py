"""One request and its answer."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from prompteval.core.errors import PromptevalError, ProviderError
from prompteval.core.secret import hide
from prompteval.core.strict_json import loads
from prompteval.wire.body import read_body

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession, FormData
    from yarl import URL

T = TypeVar("T")
# What an application may write beside UTF-8; any other name is not looked up, since some are not charsets.
CHARSETS: Final = frozenset({"iso-8859-1", "latin-1", "windows-1252", "utf-16"})
_CHARSET = re.compile(r"charset=[\"']?([\w-]{1,40})")
_JSON: Final = {"Content-Type": "application/json"}
# Five million characters of text fit, also where some of them are escaped.
REPLY_BYTES: Final = 8_000_000
ERROR_BYTES: Final = 1_000_000
EXCERPT: Final = 500
# A secret that begins within the excerpt ends within this.
LOOKED_AT: Final = 20_000


# A key, an account or an address that is wrong; an application may mean one case alone.
_OF_ALL: Final = frozenset({401, 402, 404})


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Status, headers and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def refuses_all(self) -> bool:
        """Whether the status is one that every call would be answered with, if the first ones are."""
        return self.status in _OF_ALL

    def json(self) -> object:
        """The body as JSON values, NaN as None. Raises ValueError, saying why it is none."""
        return loads(self.body, nan_is_null=True)

    def text(self) -> str:
        """The body in UTF-8, or in another usual encoding that its header names. Raises ValueError."""
        named = _CHARSET.search(self.headers.get("Content-Type", ""))
        charset = named[1].lower() if named else "utf-8"
        return self.body.decode(charset if charset in CHARSETS else "utf-8-sig")

    def excerpt(self) -> str:
        """The beginning of the body as text, secrets hidden before it was cut."""
        return excerpt(self.body[: 4 * LOOKED_AT].decode("utf-8", "replace"))


def excerpt(text: str) -> str:
    """What is kept of a text that is not a reply, secrets hidden before it is cut."""
    return hide(text[:LOOKED_AT])[:EXCERPT]


async def post_json(
    session: "ClientSession",
    url: "str | URL",
    body: bytes,
    *,
    timeout_s: float,
    most_bytes: int = REPLY_BYTES,
) -> HttpAnswer:
    """POST a body of JSON. Raises ProviderError: timeout, connection, too_large, bad_response."""

    async def whole(reply: "ClientResponse") -> HttpAnswer:
        return await _answer(reply, most_bytes)

    return await call(session, "POST", url, whole, data=body, headers=_JSON, timeout_s=timeout_s)


async def exchange(
    session: "ClientSession",
    method: str,
    url: "str | URL",
    *,
    data: "bytes | FormData | None" = None,
    timeout_s: float,
    most_bytes: int = REPLY_BYTES,
) -> HttpAnswer:
    """One request within `timeout_s` seconds in all. An answer of any status is an answer."""

    async def whole(reply: "ClientResponse") -> HttpAnswer:
        return await _answer(reply, most_bytes)

    return await call(session, method, url, whole, data=data, timeout_s=timeout_s)


async def _answer(reply: "ClientResponse", most_bytes: int) -> HttpAnswer:
    most = most_bytes if reply.status == 200 else min(most_bytes, ERROR_BYTES)
    return HttpAnswer(reply.status, reply.headers, await read_body(reply, most))


async def call(
    session: "ClientSession",
    method: str,
    url: "str | URL",
    use: "Callable[[ClientResponse], Awaitable[T]]",
    *,
    data: "bytes | FormData | None" = None,
    headers: Mapping[str, str] | None = None,
    timeout_s: float,
) -> T:
    """What `use` makes of the answer; both within `timeout_s` seconds. Every failure is a ProviderError."""
    try:
        async with (
            asyncio.timeout(timeout_s),
            session.request(method, url, data=data, headers=headers, allow_redirects=False) as reply,
        ):
            return await use(reply)
    except TimeoutError:
        raise no_answer_in_time(timeout_s) from None
    except ProviderError:
        raise
    except PromptevalError as error:  # --offline refuses the connection itself
        raise ProviderError("offline", str(error)) from None
    except Exception as error:  # the client raises many types for what a server sends
        raise connection_error(error) from None


def no_answer_in_time(timeout_s: float) -> ProviderError:
    """A call that had to end before its answer did."""
    message = f"no complete answer within {timeout_s:g} s"
    return ProviderError("timeout", message, retryable=True, possibly_billed=True)


def connection_error(error: Exception) -> ProviderError:
    """A connection that could not be made, or that broke.

    Only one that was made can have carried the request, and is then possibly billed. A
    certificate that does not verify, and an address that is none, are not tried again.
    """
    import aiohttp

    message = _said(error)
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.InvalidURL):
        return ProviderError("connection", message)
    sent = not isinstance(error, aiohttp.ClientConnectorError | aiohttp.ClientProxyConnectionError)
    return ProviderError("connection", message, retryable=True, possibly_billed=sent)


def _said(error: Exception) -> str:
    """What went wrong, in words of ours where the client's own say something else."""
    import aiohttp

    said = f"{type(error).__name__}: {error}".replace(" ssl:default", "")
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the connection was cut in the middle of the answer"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the server closed the connection before it answered"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"no connection: the proxy of the environment refuses it with HTTP {error.status}"
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return f"no connection to the proxy of the environment: {said}"
    if isinstance(error, aiohttp.ClientResponseError):
        first = error.message.partition("\n")[0].rstrip(":")
        other = (
            "; is it another port, or https:// and not http://?"
            if first.startswith("Bad status line")
            else ""
        )
        return f"the answer is not in the form of HTTP: {first}{other}"
    return f"no connection: {said}"
