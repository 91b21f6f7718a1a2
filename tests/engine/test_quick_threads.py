"""Calls in as few threads as will do, and in as many as it takes."""

import asyncio
import threading
import time
from contextvars import ContextVar

import pytest

from prompteval.engine.escaped import Escaped
from prompteval.engine.quick_threads import QuickThreads

WHERE: ContextVar[str] = ContextVar("where", default="")


def test_quick_calls_share_a_thread_and_slow_ones_have_their_own() -> None:
    """Many that end at once need one thread; those that wait run side by side."""

    async def run() -> tuple[set[int], float]:
        threads = QuickThreads()
        quick = await asyncio.gather(*(threads.run(threading.get_ident) for _ in range(200)))
        began = time.perf_counter()
        await asyncio.gather(*(threads.run(lambda: time.sleep(0.2)) for _ in range(60)))
        seconds = time.perf_counter() - began
        threads.close()
        return set(quick), seconds

    used, seconds = asyncio.run(run())
    assert threading.get_ident() not in used
    assert len(used) < 20
    assert seconds < 2  # one after the other they take 12 s


@pytest.mark.parametrize("error", [ValueError("x"), StopIteration("x"), SystemExit(3), KeyboardInterrupt()])
def test_what_a_call_raises_comes_to_its_caller(error: BaseException) -> None:
    """And to no other, with the context of the caller."""

    def fail() -> None:
        raise error

    async def run() -> tuple[object, str]:
        threads = QuickThreads()
        WHERE.set("here")
        try:
            await threads.run(fail)
        except BaseException as failed:
            return failed, await threads.run(WHERE.get)
        finally:
            threads.close()
        raise AssertionError("nothing was raised")

    failed, found = asyncio.run(run())
    kinds = {StopIteration: RuntimeError, KeyboardInterrupt: Escaped}
    assert isinstance(failed, kinds.get(type(error), type(error)))
    assert found == "here"


@pytest.mark.no_cover
def test_a_call_that_hangs_is_left_behind_and_holds_up_nobody() -> None:
    """Its caller gives up, and calls that wait behind it are made by another thread."""

    def hang() -> None:
        while True:
            time.sleep(0.01)

    async def run() -> tuple[int, float, int]:
        threads, before = QuickThreads(), threading.active_count()
        began = time.perf_counter()
        hanging = asyncio.create_task(threads.run(hang))
        found = sum(await asyncio.gather(*(threads.run(lambda: 1) for _ in range(50))))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(hanging, 0.1)
        found += await threads.run(lambda: 1)
        seconds = time.perf_counter() - began
        threads.close()
        until = time.perf_counter() + 10
        while threading.active_count() > before and time.perf_counter() < until:  # noqa: ASYNC110 - threads tell of no end
            await asyncio.sleep(0.05)
        return found, seconds, threading.active_count() - before

    found, seconds, left = asyncio.run(run())
    assert found == 51 and left <= 0  # threads of other tests may have ended meanwhile
    assert seconds < 1
