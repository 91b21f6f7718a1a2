"""The gate before a model, on a clock of its own and on the real one."""

import asyncio
import time

import pytest

from prompteval.core.errors import ProviderError
from prompteval.engine.limits import Limiter
from prompteval.providers.openai.errors import ServerLimits


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose waiting takes no time: the clock jumps to the next timer."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]
            self.now = max(self.now, self._scheduled[0].when())  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


def virtually(make: object) -> object:
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(make(loop))  # type: ignore[operator]
    finally:
        loop.close()


def worst_window(times: list[float]) -> int:
    return max(sum(1 for other in times if start <= other < start + 60) for start in times)


def test_requests_and_tokens_a_minute_are_kept_and_used() -> None:
    """900 calls of 100 tokens at 60 a minute: never more in any 60 s, at least 95 % of it used."""

    async def run(loop: VirtualLoop) -> list[float]:
        limiter, times = Limiter(concurrency=50, rpm=60, tpm=6000, clock=loop.time), []

        async def call() -> None:
            grant = await limiter.acquire(100)
            times.append(loop.time())
            await asyncio.sleep(0.4)
            limiter.release(grant, tokens=100)

        await asyncio.gather(*(call() for _ in range(900)))
        return times

    times = virtually(run)
    assert worst_window(times) <= 60  # type: ignore[arg-type]
    assert 900 / (max(times) / 60 + 1) >= 0.95 * 60  # type: ignore[call-overload]


def test_real_usage_corrects_the_estimate() -> None:
    """Calls that use half of what was estimated leave room for twice as many."""

    async def run(loop: VirtualLoop) -> int:
        limiter, done = Limiter(concurrency=1, tpm=1000, clock=loop.time), 0
        while loop.time() < 60:
            grant = await limiter.acquire(100)
            await asyncio.sleep(0.01)
            limiter.release(grant, tokens=50)
            done += loop.time() < 60
        return done

    assert virtually(run) in (19, 20)


def test_groups_take_turns() -> None:
    """A small suite is not stuck behind a large one."""

    async def run() -> list[str]:
        limiter, order = Limiter(concurrency=1), []

        async def call(group: str) -> None:
            grant = await limiter.acquire(group=group)
            order.append(group)
            await asyncio.sleep(0)
            limiter.release(grant)

        await asyncio.gather(*(call("large") for _ in range(20)), *(call("small") for _ in range(3)))
        return order

    assert [i for i, group in enumerate(asyncio.run(run())) if group == "small"] == [2, 4, 6]


def test_f1_a_servers_wish_slows_the_siblings_too() -> None:
    """After a round of 429 with 200 ms no call of the model goes for 200 ms, and fewer go at a time."""

    async def run() -> tuple[float, int]:
        limiter = Limiter(concurrency=10)
        error = ProviderError("rate_limit", "slow", retryable=True, retry_after_s=0.2)
        for grant in [await limiter.acquire() for _ in range(10)]:
            limiter.release(grant, error=error)
        started = time.monotonic()
        await limiter.acquire()
        return time.monotonic() - started, limiter.level

    waited, level = asyncio.run(run())
    assert waited >= 0.2
    assert level == 5


def test_a_call_larger_than_a_minute_is_refused() -> None:
    """It would wait for ever."""
    with pytest.raises(ProviderError, match="raise tpm"):
        asyncio.run(Limiter(concurrency=1, tpm=100).acquire(101))


def test_a_cancelled_call_leaves_its_place() -> None:
    """Whether it was still waiting or just released, nothing leaks."""

    async def run() -> int:
        limiter = Limiter(concurrency=1)
        grant = await limiter.acquire()
        waiting = [asyncio.create_task(limiter.acquire()) for _ in range(2)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
        limiter.release(grant)
        waiting[1].cancel()  # released, but it has not run since
        await asyncio.gather(*waiting, return_exceptions=True)
        limiter.release(await limiter.acquire())
        return limiter.in_flight

    assert asyncio.run(run()) == 0


def test_a_server_with_nothing_left_is_waited_for_and_said() -> None:
    """Remaining 0 requests, or fewer tokens than the last call took: a pause until they are filled again."""
    told: list[float] = []

    async def run(loop: VirtualLoop) -> list[float]:
        limiter, times = Limiter(concurrency=4, clock=loop.time, on_pause=told.append), []
        for limits in (
            ServerLimits(0, None, 5.0, None),
            ServerLimits(9, 50, None, 2.0),
            ServerLimits(9, 500, 9.0, 9.0),
        ):
            grant = await limiter.acquire(100)
            limiter.observe(limits)
            limiter.release(grant)
        await limiter.acquire(100)
        times.append(loop.time())
        return times

    assert virtually(run) == [7.0]
    assert told == [5.0, 2.0]
