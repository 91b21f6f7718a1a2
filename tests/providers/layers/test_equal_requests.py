"""Equal requests at the same time: one call, and what happens where it gives no reply to keep."""

import asyncio
import threading
from dataclasses import replace

import pytest

from prompteval.core.errors import ProviderError
from prompteval.core.request import Message, Request, Response
from prompteval.providers.layers import CacheLayer, InFlight

REQUEST = Request("m", (Message("user", "a question"),))


class Memory(dict[str, Response]):
    waits = False

    def put(self, key: str, request: object, response: Response) -> None:
        self[key] = response


class Gated:
    """Answers once `open` is set; its first calls fail, as many as `failing`."""

    identity = "gated"

    def __init__(self, failing: int = 0, finish: str = "stop") -> None:
        self.calls, self.most, self.now = 0, 0, 0
        self._failing, self._finish = failing, finish
        self.open, self.begun = asyncio.Event(), asyncio.Event()

    async def complete(self, request: Request) -> Response:
        self.calls, self.now = self.calls + 1, self.now + 1
        self.most = max(self.most, self.now)
        self.begun.set()
        try:
            await self.open.wait()
            await asyncio.sleep(0.01)
            if self.calls <= self._failing:
                raise ProviderError("server", "planned")
            return Response("an answer", finish=self._finish)  # type: ignore[arg-type]
        finally:
            self.now -= 1

    async def aclose(self) -> None: ...


async def asked(provider: Gated, count: int, cancel_first: bool = False) -> list[Response | BaseException]:
    """What so many equal requests give, each over a layer of its own, and one that differs."""
    cache, in_flight = Memory(), InFlight()
    requests = [*[REQUEST] * count, replace(REQUEST, replicate=1)]
    tasks = [
        asyncio.create_task(CacheLayer(provider, cache, in_flight).complete(one))  # type: ignore[arg-type]
        for one in requests
    ]
    await asyncio.sleep(0)
    if cancel_first:
        tasks[0].cancel()
    provider.open.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert in_flight == {}
    return found


def test_equal_requests_at_the_same_time_are_one_call() -> None:
    """Two judges with the same prompt and model pay once; another sample is another request."""

    async def go() -> None:
        provider = Gated()
        found = await asked(provider, 5)
        assert provider.calls == 2 and all(isinstance(one, Response) for one in found)

    asyncio.run(go())


@pytest.mark.parametrize("finish", ["stop", "content_filter"])
def test_a_reply_that_is_not_kept_makes_nobody_wait_twice(finish: str) -> None:
    """Where the first call fails, or is filtered, the others are made at the same time, not in a row."""

    async def go() -> None:
        provider = Gated(failing=10 if finish == "stop" else 0, finish=finish)
        await asked(provider, 5)
        assert provider.calls == 6 and provider.most >= 4

    asyncio.run(go())


def test_a_cancelled_call_leaves_the_others_their_own() -> None:
    """The case that made the call is stopped; those that waited for it are answered."""

    async def go() -> None:
        first, *others = await asked(Gated(), 3, cancel_first=True)
        assert isinstance(first, asyncio.CancelledError)
        assert all(isinstance(one, Response) for one in others)

    asyncio.run(go())


def test_a_look_that_lasts_longer_than_an_equal_call_makes_no_second_one() -> None:
    """A cache on another machine may answer "none" from before the reply was stored."""

    class Distant(Memory):
        waits = True

        def __init__(self) -> None:
            self.looks, self.stored = 0, threading.Event()

        def get(self, key: str, default: object = None) -> Response | None:  # type: ignore[override]
            found, self.looks = super().get(key), self.looks + 1
            if self.looks == 2:
                self.stored.wait(5)
            return found

        def put(self, key: str, request: object, response: Response) -> None:
            super().put(key, request, response)
            self.stored.set()

    async def go() -> None:
        provider, cache, in_flight = Gated(), Distant(), InFlight()
        layers = [CacheLayer(provider, cache, in_flight) for _ in range(2)]  # type: ignore[arg-type]
        first = asyncio.create_task(layers[0].complete(REQUEST))
        await provider.begun.wait()
        second = asyncio.create_task(layers[1].complete(REQUEST))
        await asyncio.sleep(0.05)
        provider.open.set()
        assert (await first).text == (await second).text and provider.calls == 1

    asyncio.run(go())
