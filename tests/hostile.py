"""A server that answers as it likes: raw bytes over real sockets, as many as the client will take."""

import json
import socket
import threading
import zlib
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

Made = Callable[["Asked"], Iterable[bytes]]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@cache
def bomb(wbits: int, megabytes: int) -> bytes:
    """So many megabytes of spaces, packed to a thousandth; `wbits` says in which format, as zlib does."""
    packer, spaces = zlib.compressobj(9, zlib.DEFLATED, wbits), b" " * 1_000_000
    return b"".join(packer.compress(spaces) for _ in range(megabytes)) + packer.flush()


class Asked:
    """One request."""

    def __init__(self, head: str, body: bytes) -> None:
        self.head = head
        self.body = body

    @property
    def key(self) -> str:
        """The bearer token it came with."""
        lines = [
            line for line in self.head.split("\r\n") if line.lower().startswith("authorization: bearer ")
        ]
        return lines[0][22:] if lines else ""


class Hostile:
    """`with Hostile(made) as server`: each request is answered by what `made` gives, then the line is cut.

    `sent` counts the bytes that were taken, `asked` holds the requests.
    """

    def __init__(self, made: Made) -> None:
        self._made = made
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.sent = 0
        self.asked: list[Asked] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"

    def __enter__(self) -> "Hostile":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(20)
            try:
                asked = read_request(connection)
                self.asked.append(asked)
                for piece in self._made(asked):
                    connection.sendall(piece)
                    self.sent += len(piece)
                connection.shutdown(socket.SHUT_WR)
                connection.recv(1)  # until the client has read it and closes
            except OSError:
                return


def read_request(connection: socket.socket) -> Asked:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65_536)
        if not piece:
            raise OSError("closed")
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    text = head.decode("latin-1")
    length = next(
        (int(line[15:]) for line in text.lower().split("\r\n") if line.startswith("content-length:")), 0
    )
    while len(body) < length:
        body += connection.recv(65_536)
    return Asked(text, body)


def whole(body: bytes, *headers: str, status: str = "200 OK") -> list[bytes]:
    """An answer with its length."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += ["Connection: close", *headers]
    return ["\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body]


def completion(content: Any = "hello", **more: Any) -> dict[str, Any]:
    """The body of a chat completion."""
    message = {"role": "assistant", "content": content}
    return {
        "model": "gpt-x",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 2},
        **more,
    }


def says(body: Any, *headers: str, status: str = "200 OK") -> Made:
    """Always the same JSON."""
    return lambda asked: whole(json.dumps(body).encode(), *headers, status=status)


def endless(start: bytes, piece: bytes) -> Made:
    """What never ends."""

    def made(asked: Asked) -> Iterable[bytes]:
        yield start
        while True:
            yield piece

    return made


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)
