"""A server on loopback that answers each request with the next of the byte strings it was given."""

import socket
import threading
from collections.abc import Sequence
from contextlib import suppress


class HostileServer:
    """`answers` are whole HTTP answers, used in turn and again from the first; after each the line is cut."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._answers: Sequence[bytes] = ()
        self._next = 0
        self._lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"
        threading.Thread(target=self._listen, daemon=True).start()

    def give(self, answers: Sequence[bytes]) -> None:
        """What to answer from now on."""
        with self._lock:
            self._answers, self._next = tuple(answers), 0

    def close(self) -> None:
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError), connection:
            connection.settimeout(20)
            if not _read(connection):
                return
            with self._lock:
                answer = self._answers[self._next % len(self._answers)] if self._answers else b""
                self._next += 1
            connection.sendall(answer)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass


def _read(connection: socket.socket) -> bool:
    """Read one request; whether there was one."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return False
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
            while len(body) < length and (more := connection.recv(65536)):
                body += more
    return True


def http(body: bytes, status: str = "200 OK", *headers: str, kind: str = "application/json") -> bytes:
    """A whole answer."""
    head = [
        f"HTTP/1.1 {status}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join(head).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body
