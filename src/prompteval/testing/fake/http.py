"""HTTP/1.1 by hand, as little as a client of a model needs, fast enough to be measured against."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import cast

Handler = Callable[["Connection", str, str, bytes], None]
DRIP_SECONDS = 0.05


class Connection(asyncio.Protocol):
    """One client connection; requests are handled one after the other."""

    transport: asyncio.Transport

    def __init__(
        self,
        handler: Handler,
        opened: Callable[["Connection"], None],
        lost: Callable[["Connection"], None],
    ) -> None:
        self._handler = handler
        self._opened = opened
        self._lost = lost
        self._buffer = b""
        self._busy = False
        self.content_type = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # a connection's transport is a stream
        self._opened(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._lost(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._busy:
            self._next()

    def send(self, body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """Answer with JSON, and look at what the client sent meanwhile."""
        self.send_raw(json.dumps(body).encode(), status, headers)

    def send_raw(
        self,
        data: bytes,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        content: str = "application/json",
    ) -> None:
        self.transport.write(head(status, len(data), headers, content) + data)
        self.done()

    async def events(self, events: list[bytes], pause_s: float) -> None:
        """Answer with server-sent events, so many seconds apart, in chunks."""
        fields = {"transfer-encoding": "chunked"}
        self.transport.write(head(200, None, fields, "text/event-stream"))
        for event in (*events, b""):
            if self.transport.is_closing():
                return
            self.transport.write(b"%x\r\n%b\r\n" % (len(event), event))
            await asyncio.sleep(pause_s if event else 0)
        self.done()

    def done(self) -> None:
        """The answer is written; the next request may be read."""
        self._busy = False
        if self._buffer:
            self._next()

    async def drip(self, data: bytes) -> None:
        """Answer one byte at a time."""
        self.transport.write(head(200, len(data), None, "application/json"))
        for byte in data:
            if self.transport.is_closing():
                return
            self.transport.write(bytes([byte]))
            await asyncio.sleep(DRIP_SECONDS)
        self.done()

    def cut(self, data: bytes) -> None:
        """Promise a whole answer, send half, and close."""
        self.transport.write(head(200, len(data), None, "application/json") + data[: len(data) // 2])
        self.transport.close()

    def _next(self) -> None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        lines = self._buffer[:end].decode("latin-1").split("\r\n")
        fields = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
        }
        begin = end + 4
        length = int(fields.get("content-length", "0"))
        if len(self._buffer) < begin + length:
            return
        body, self._buffer = self._buffer[begin : begin + length], self._buffer[begin + length :]
        method, path, _ = lines[0].split(" ", 2)
        self.content_type = fields.get("content-type", "")
        self._busy = True
        self._handler(self, method, path, body)


def head(status: int, length: int | None, headers: Mapping[str, str] | None, content: str) -> bytes:
    """Status line and headers; no length where the body comes in chunks."""
    lines = [f"HTTP/1.1 {status} Fake", f"content-type: {content}"]
    lines += [] if length is None else [f"content-length: {length}"]
    lines += ["x-request-id: req_fake", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
