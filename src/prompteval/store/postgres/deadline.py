"""A wait for a server that has an end: one that is frozen, or cut off, answers never."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import psycopg

# Longer than a failover or a checkpoint of a busy server takes.
ANSWER_SECONDS: Final = 60.0
# How often waits are looked at, and for how long the thread that does it stays without any.
LOOK_SECONDS: Final = 0.25
_LOOKS_WITHOUT: Final = 20


@contextmanager
def answered(connection: "psycopg.Connection") -> Iterator[None]:
    """The connection breaks where what is done within takes longer than ANSWER_SECONDS.

    libpq waits without end once it is connected; what waits sees the end of the stream, as if the server
    had closed it.
    """
    _WAITS.add(connection)
    try:
        yield
    finally:
        _WAITS.remove(connection)


class _Waits:
    """The connections that wait for an answer, and until when; one thread looks after all of them."""

    def __init__(self) -> None:
        self._until: dict[int, tuple[float, psycopg.Connection]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, connection: "psycopg.Connection") -> None:
        with self._lock:
            self._until[id(connection)] = time.monotonic() + ANSWER_SECONDS, connection
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._look, name="prompteval-waits", daemon=True)
                self._thread.start()

    def remove(self, connection: "psycopg.Connection") -> None:
        with self._lock:
            self._until.pop(id(connection), None)

    def _look(self) -> None:
        without = 0
        while True:
            time.sleep(LOOK_SECONDS)
            with self._lock:
                without = 0 if self._until else without + 1
                if without == _LOOKS_WITHOUT:
                    self._thread = None
                    return
                for until, connection in self._until.values():
                    if until < time.monotonic():
                        _hang_up(connection)


def _hang_up(connection: "psycopg.Connection") -> None:
    """The socket ends; its descriptor stays libpq's own."""
    import psycopg

    # psycopg's own is for a connection whose socket libpq has closed already.
    with (
        suppress(OSError, ValueError, psycopg.Error),
        socket.socket(fileno=os.dup(connection.fileno())) as end,
    ):
        end.shutdown(socket.SHUT_RDWR)


_WAITS: Final = _Waits()
