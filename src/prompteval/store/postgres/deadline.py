"""A wait for a server that has an end: one that is frozen, or cut off, answers never."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import psycopg

# Longer than a failover or a checkpoint of a busy server takes.
ANSWER_SECONDS: Final = 60.0


@contextmanager
def answered(connection: "psycopg.Connection") -> Iterator[None]:
    """The connection breaks where what is done within takes longer than ANSWER_SECONDS.

    libpq waits without end once it is connected; what waits sees the end of the stream, as if the server
    had closed it.
    """
    timer = threading.Timer(ANSWER_SECONDS, _hang_up, [connection])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _hang_up(connection: "psycopg.Connection") -> None:
    with suppress(OSError, ValueError), socket.socket(fileno=_copy(connection.fileno())) as end:
        end.shutdown(socket.SHUT_RDWR)


def _copy(file: int) -> int:
    """Another descriptor of the socket: closing it leaves libpq's own open."""
    import os

    return os.dup(file)
