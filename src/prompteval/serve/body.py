"""A request's body, read within its limits before anything else looks at it."""

import asyncio
from typing import Final

from prompteval.core.strict_json import JsonObject, loads
from prompteval.serve.asgi import Header, Receive, Scope
from prompteval.serve.problems import Refusal

# Headers, and after them the body, have to be there so many seconds after they were begun.
SLOWEST_SECONDS: Final = 10.0
# Of the first line and the headers of one request.
HEADER_BYTES: Final = 32_768
# Of all bodies that one worker reads at a time.
MOST_READ_BYTES: Final = 64_000_000
CLOSE: Final = ((b"connection", b"close"),)
_BUSY: Final = "the service reads as many bodies as it may"


def refuse_malformed(scope: Scope) -> None:
    """Raise Refusal for another version of HTTP, and for headers beyond HEADER_BYTES that came at once."""
    if scope["http_version"] not in ("1.1", "1.0"):
        raise Refusal(400, "http", "the request is not HTTP/1.1", headers=CLOSE)
    size = len(scope["raw_path"]) + len(scope["query_string"])
    size += sum(len(name) + len(value) for name, value in scope["headers"])
    if size > HEADER_BYTES:
        raise Refusal(400, "http", f"the headers are larger than {HEADER_BYTES:,} bytes", headers=CLOSE)


class ClientLeft(Exception):
    """The client closed the connection before its request was whole."""


class Bodies:
    """Reads bodies of at most `most` bytes, and of all requests together no more than MOST_READ_BYTES."""

    def __init__(self, most: int, all_of_them: int = MOST_READ_BYTES) -> None:
        self._most = most
        self._all = all_of_them
        self._held = 0

    async def read(self, headers: list[Header], receive: Receive) -> tuple[JsonObject, int]:
        """(the JSON object that a request sends, its bytes).

        Raises Refusal for another type (415), too many bytes (413), too much time (408), what is not a JSON
        object (400), and where too many bodies are read (429); ClientLeft where the rest never comes.
        """
        length = _checked(headers)
        if length is not None and length > self._most:
            raise self._too_large()
        data = await self._bytes(receive)
        try:
            found = loads(data, unique_keys=True)
        except (ValueError, UnicodeDecodeError):
            raise Refusal(400, "json", "the body is not JSON in UTF-8 without duplicate keys") from None
        if not isinstance(found, dict):
            raise Refusal(400, "json", "the body is not a JSON object")
        return found, len(data)

    async def _bytes(self, receive: Receive) -> bytes:
        until = asyncio.get_running_loop().time() + SLOWEST_SECONDS
        data, more = await _next(receive, until)
        chunks, size, held = [data], len(data), 0
        try:
            while more and size <= self._most:
                self._held, held = self._held + size - held, size
                if self._held > self._all:
                    raise Refusal(429, "busy", _BUSY, retry_after_s=1, headers=CLOSE)
                data, more = await _next(receive, until)
                chunks.append(data)
                size += len(data)
        finally:
            self._held -= held
        if size > self._most:
            raise self._too_large()
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _too_large(self) -> Refusal:
        return Refusal(413, "body", f"the body is larger than {self._most:,} bytes", headers=CLOSE)


async def _next(receive: Receive, until: float) -> tuple[bytes, bool]:
    """(the next bytes of a body, whether more follow)."""
    try:
        async with asyncio.timeout_at(until):
            message = await receive()
    except TimeoutError:
        detail = f"the body was not there within {SLOWEST_SECONDS:g} s"
        raise Refusal(408, "slow_body", detail, headers=CLOSE) from None
    if message["type"] != "http.request":
        raise ClientLeft
    return message.get("body", b""), message.get("more_body", False)


def _checked(headers: list[Header]) -> int | None:
    """The length that the headers give, None where the body comes in chunks. Raises Refusal."""
    length, kind, chunked = None, b"", False
    for name, value in headers:
        if name == b"content-length":
            length = int(value) if value.isdigit() and len(value) < 16 else 10**15
        elif name == b"content-type":
            kind = value.partition(b";")[0].strip().lower()
        elif name == b"transfer-encoding":
            chunked = True
        elif name == b"content-encoding" and value.strip().lower() != b"identity":
            raise Refusal(415, "encoding", "a compressed body is not read")
    if chunked and length is not None:
        raise Refusal(400, "length", "content-length and transfer-encoding together", headers=CLOSE)
    if kind != b"application/json":
        raise Refusal(415, "type", "content-type must be application/json")
    return length
