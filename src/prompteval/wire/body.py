"""Bodies of answers, read piece by piece: decompressed with a limit, and never more than is allowed."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Final

from prompteval.core.errors import ProviderError

if TYPE_CHECKING:
    from aiohttp import ClientResponse

ACCEPTED: Final = "gzip, deflate"
PIECE: Final = 65_536
MOST_MEMBERS: Final = 100
# A body beyond this waits for one of few places to grow in, so that not a hundred large ones are held.
LARGE: Final = 2_000_000
MOST_LARGE: Final = 8
LOOK_SECONDS: Final = 0.02


async def read_body(reply: "ClientResponse", most_bytes: int) -> bytes:
    """The whole body, decompressed. Raises ProviderError(too_large) for one of over `most_bytes`."""
    length = reply.content_length
    if length is not None and length <= min(LARGE, most_bytes) and not _encoding(reply):
        whole: bytes = await reply.read()
        return whole
    found = bytearray()
    with _Place() as place:
        async for piece in pieces(reply, most_bytes):
            found += piece
            if len(found) > LARGE:
                await place.take()
    return bytes(found)


async def pieces(reply: "ClientResponse", most_bytes: int) -> AsyncIterator[bytes]:
    """The body in pieces of at most PIECE bytes, decompressed.

    Raises ProviderError: too_large where it is over `most_bytes`, packed or unpacked, and bad_response where
    it is packed in a way that was not asked for, or badly.
    """
    unpack = _DecodedBody(_encoding(reply))
    packed = unpacked = 0
    async for raw in reply.content.iter_chunked(PIECE):
        packed += len(raw)
        for piece in unpack.pieces(raw):
            unpacked += len(piece)
            if unpacked <= most_bytes:
                yield piece
        if max(packed, unpacked) > most_bytes:
            raise too_large(most_bytes)
    unpack.end()


def too_large(most_bytes: int) -> ProviderError:
    """Not tried again: the same request has the same answer."""
    return ProviderError("too_large", f"the answer is over {most_bytes:,} bytes", possibly_billed=True)


def _encoding(reply: "ClientResponse") -> str:
    name = str(reply.headers.get("Content-Encoding", "")).strip().lower()
    return "" if name == "identity" else name


class _DecodedBody:
    """A stream of gzip or deflate, unpacked with a bound on each step."""

    def __init__(self, encoding: str) -> None:
        if encoding not in ("", "gzip", "x-gzip", "deflate"):
            raise _bad(f"the answer is encoded as {encoding[:40]!r}, which was not asked for")
        self._encoding = encoding
        self._members = 0
        self._unpacker: zlib._Decompress | None = None

    def pieces(self, raw: bytes) -> Iterator[bytes]:
        if not self._encoding:
            yield raw
            return
        while raw:
            if self._unpacker is None:
                self._unpacker = self._begin(raw)
            try:
                piece = self._unpacker.decompress(raw, PIECE)
            except zlib.error as error:
                raise _bad(f"the answer is badly packed: {error}") from None
            raw = self._unpacker.unconsumed_tail
            if piece:
                yield piece
            if self._unpacker.eof:
                raw, self._unpacker = self._unpacker.unused_data, None

    def end(self) -> None:
        if self._unpacker is not None:
            raise _bad("the packed answer is cut short")

    def _begin(self, raw: bytes) -> "zlib._Decompress":
        self._members += 1
        if self._members > MOST_MEMBERS:
            raise _bad(f"the answer is packed in over {MOST_MEMBERS} parts")
        if self._encoding == "deflate":  # some servers send it bare, without the header of zlib
            return zlib.decompressobj(zlib.MAX_WBITS if raw[0] & 0x0F == 8 else -zlib.MAX_WBITS)
        return zlib.decompressobj(16 + zlib.MAX_WBITS)


def _bad(message: str) -> ProviderError:
    return ProviderError("bad_response", message, retryable=True, possibly_billed=True)


class _Place:
    """One of the few places for a large body; the wait for it ends with the call's own deadline."""

    _taken = 0

    def __init__(self) -> None:
        self._mine = False

    def __enter__(self) -> "_Place":
        return self

    async def take(self) -> None:
        while not self._mine and _Place._taken >= MOST_LARGE:  # noqa: ASYNC110 - loops come and go
            await asyncio.sleep(LOOK_SECONDS)
        if not self._mine:
            self._mine = True
            _Place._taken += 1

    def __exit__(self, *error: object) -> None:
        if self._mine:
            _Place._taken -= 1
