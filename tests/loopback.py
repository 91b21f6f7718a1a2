"""No test speaks to another machine."""

import sys
from typing import Any

LOCAL = ("127.0.0.1", "::1", "localhost", "", None)
EVENTS = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")


def only_loopback() -> None:
    """From now on this process, and its forks, connect to this machine and look up its names alone.

    What is raised is no OSError, so that code which expects a network to fail does not take it for that.
    """
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event in EVENTS:
        target = arguments[1] if event in ("socket.connect", "socket.sendto") else arguments[0]
        host = (
            target[0] if isinstance(target, tuple) else None
        )  # a text or bytes is the path of a Unix socket
        if event in ("socket.getaddrinfo", "socket.gethostbyname"):
            host = target.decode() if isinstance(target, bytes) else target
        if host not in LOCAL:
            raise RuntimeError(f"a test went to the network: {event} {target!r}")
