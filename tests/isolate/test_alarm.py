"""A deadline for code that runs in this process."""

import re
import signal
import threading
import time
from collections.abc import Callable

import pytest

from prompteval.core.errors import DeadlineExceeded
from prompteval.isolate.alarm import alarm


def spin() -> None:
    while True:
        pass


@pytest.mark.parametrize("work", [spin, lambda: time.sleep(60), lambda: re.search("(a+)+$", "a" * 60 + "b")])
def test_what_hangs_is_ended(work: Callable[[], object]) -> None:
    """Python code, sleeping and a regular expression."""
    started = time.perf_counter()
    with pytest.raises(DeadlineExceeded, match="the work did not end"), alarm(0.1, "the work"):
        work()
    assert time.perf_counter() - started < 5


def test_an_alarm_set_before_goes_on() -> None:
    """The block leaves handler and timer as they were."""
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: rung.append(number))
    timer = signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with alarm(30, "the work"):
            pass
        deadline = time.perf_counter() + 5
        while not rung and time.perf_counter() < deadline:
            time.sleep(0.01)
        assert rung == [signal.SIGALRM]
    finally:
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *timer)


def test_other_threads_run_without_a_deadline() -> None:
    """Signals belong to the main thread; elsewhere the work is done all the same."""
    done: list[bool] = []

    def work() -> None:
        with alarm(0.001, "the work"):
            time.sleep(0.05)
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
