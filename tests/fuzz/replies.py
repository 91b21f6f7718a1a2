"""A server on loopback whose answers an attempt chooses."""

from collections.abc import Callable, Sequence
from itertools import cycle
from threading import Lock

from tests.hostile import Asked, Hostile, whole

Answer = Callable[[Asked], bytes]


class HostileServer:
    """Gives whole HTTP answers in turn, and again from the first, or what a function makes of a request."""

    def __init__(self) -> None:
        self._answer: Answer = lambda asked: http(b"{}")
        self._server = Hostile(lambda asked: [self._answer(asked)]).__enter__()
        self.url = self._server.url

    def give(self, answers: Sequence[bytes]) -> None:
        """What to answer from now on."""
        turn, lock = cycle(answers), Lock()

        def following(asked: Asked) -> bytes:
            with lock:
                return next(turn)

        self._answer = following

    def make(self, answer: Answer) -> None:
        """How to answer from now on."""
        self._answer = answer

    def close(self) -> None:
        self._server.__exit__()


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """A whole answer."""
    return b"".join(whole(body, *headers, status=status))
