"""A deadline for code of the team's own, which must run in this process."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from prompteval.core.errors import DeadlineExceeded

AGAIN_SECONDS = 0.5
SOON_SECONDS = 0.001


class _Rung(BaseException):
    """No Exception, so that the code's own `except Exception` does not keep it."""


@contextmanager
def alarm(seconds: float, work: str) -> Iterator[None]:
    """Raises DeadlineExceeded inside the block when it lasts longer than `seconds`.

    Ends Python code, sleeping and the standard library's regular expressions; not a native
    function that never looks for signals. Holds in the main thread of systems with SIGALRM;
    elsewhere the block runs without a deadline. An alarm that was set before goes on after it.
    """

    def ring(number: int, frame: FrameType | None) -> object:
        raise _Rung

    try:
        before = signal.signal(signal.SIGALRM, ring)
    except (AttributeError, ValueError):  # no such signal, or not in the main thread
        yield
        return
    # It rings again, in case the code caught what the first ring raised.
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_SECONDS)
    started = time.monotonic()
    try:
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            if left:
                rest = left - (time.monotonic() - started)
                signal.setitimer(signal.ITIMER_REAL, max(rest, SOON_SECONDS), interval)
    except _Rung:
        raise DeadlineExceeded(work, seconds) from None
