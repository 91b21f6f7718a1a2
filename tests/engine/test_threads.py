"""Calls in daemon threads: bounded, with a deadline, left behind when nobody waits."""

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from prompteval.core.errors import DeadlineExceeded
from prompteval.engine.threads import StillRunning, Threads


def test_calls_run_side_by_side_up_to_the_bound() -> None:
    """Never more at a time than asked for, and as many as that."""
    lock, running, peak = threading.Lock(), 0, 0

    def work() -> None:
        nonlocal running, peak
        with lock:
            running += 1
            peak = max(peak, running)
        time.sleep(0.02)
        with lock:
            running -= 1

    async def go() -> None:
        threads = Threads(4)
        await asyncio.gather(*(threads.run(work) for _ in range(12)))
        threads.close()

    asyncio.run(go())
    assert peak == 4


def spin() -> None:
    while True:
        with suppress(Exception):
            time.sleep(0.001)


@pytest.mark.parametrize("work", [spin, lambda: time.sleep(600)])
def test_a_deadline_leaves_the_call_behind(work: Callable[[], None]) -> None:
    """The caller continues after the deadline, and so does the next call, in the same place."""

    async def go() -> int:
        threads = Threads(1)
        with pytest.raises(DeadlineExceeded, match=r"the work did not end within 0\.05 s"):
            await threads.run(work, 0.05, "the work")
        return await threads.run(lambda: 7, 5)

    started = time.perf_counter()
    assert asyncio.run(go()) == 7
    assert time.perf_counter() - started < 5


@pytest.mark.no_cover
def test_what_is_left_behind_is_asked_to_end() -> None:
    """Python code that spins ends soon after its deadline, and its thread with it."""

    async def go() -> None:
        threads = Threads(1)
        with pytest.raises(DeadlineExceeded):
            await threads.run(spin, 0.05)
        threads._left[0]._thread.join(10)
        assert not threads._left[0].is_running

    asyncio.run(go())


def test_an_exclusive_call_never_runs_beside_one_left_behind() -> None:
    """It fails at once, and runs again when the other has ended."""
    goes_on = threading.Event()

    async def go() -> int:
        threads = Threads(1, exclusive=True)
        with pytest.raises(DeadlineExceeded):
            await threads.run(lambda: goes_on.wait(60), 0.05)
        with pytest.raises(StillRunning, match="an earlier call of the work has not ended"):
            await threads.run(lambda: 7, 5, "the work")
        goes_on.set()
        threads._left[0]._thread.join(10)
        return await threads.run(lambda: 7, 5)

    assert asyncio.run(go()) == 7


def test_a_call_raises_what_it_raised() -> None:
    """Also what a future cannot hold, and what is no Exception."""

    def raising(error: BaseException) -> Callable[[], None]:
        def work() -> None:
            raise error

        return work

    async def go(error: BaseException) -> None:
        await Threads(1).run(raising(error))

    with pytest.raises(SystemExit):
        asyncio.run(go(SystemExit(0)))
    with pytest.raises(RuntimeError, match="StopIteration"):
        asyncio.run(go(StopIteration(3)))
    with pytest.raises(TimeoutError):
        asyncio.run(go(TimeoutError()))


@pytest.mark.no_cover
def test_a_debugger_is_not_stopped_by_what_is_left_behind() -> None:
    """Python 3.11 would hold the tracing thread until the other one moves on."""

    async def go() -> float:
        threads = Threads(1)
        started = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            await threads.run(lambda: time.sleep(8), 0.05)
        await asyncio.sleep(0)
        return time.monotonic() - started

    before = sys.gettrace()
    sys.settrace(lambda *_: None)
    try:
        assert asyncio.run(go()) < 5
    finally:
        sys.settrace(before)
