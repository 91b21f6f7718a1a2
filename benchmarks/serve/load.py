"""A load generator: arrivals at a fixed rate, whatever was answered, or so many at a time."""

import asyncio
import json
import random
from dataclasses import dataclass
from time import perf_counter

import aiohttp

BODY = json.dumps(
    {"message": "I was charged twice for one order; please send billing to look at it."}
).encode()
HEADERS = {"content-type": "application/json"}


@dataclass(frozen=True)
class Load:
    """What came of it: latencies in ms of the 200s, in order, and how many of each other status."""

    latencies_ms: list[float]
    others: dict[int, int]
    seconds: float

    @property
    def rate(self) -> float:
        return len(self.latencies_ms) / self.seconds

    def percentile(self, share: float) -> float:
        found = sorted(self.latencies_ms)
        return found[min(int(share * len(found)), len(found) - 1)] if found else float("nan")


async def _ask(session: aiohttp.ClientSession, url: str) -> int:
    try:
        async with session.post(url, data=BODY, headers=HEADERS) as reply:
            await reply.read()
            return reply.status
    except aiohttp.ClientError:
        return 0


async def closed_loop(url: str, concurrency: int, seconds: float) -> Load:
    """So many requests at a time, each sent when the one before it was answered: the capacity."""
    latencies, others = list[float](), dict[int, int]()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        started = perf_counter()

        async def one() -> None:
            while perf_counter() - started < seconds:
                sent = perf_counter()
                _count(await _ask(session, url), sent, latencies, others)

        await asyncio.gather(*(one() for _ in range(concurrency)))
        return Load(latencies, others, perf_counter() - started)


async def open_loop(url: str, rate: float, seconds: float, seed: int = 0) -> Load:
    """Poisson arrivals; a latency is from when the request was due, so a stall counts for all it delays."""
    rng, latencies, others = random.Random(seed), list[float](), dict[int, int]()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def one(due: float) -> None:
            _count(await _ask(session, url), due, latencies, others)

        started = due = perf_counter()
        tasks = list[asyncio.Task[None]]()
        while due - started < seconds:
            due += rng.expovariate(rate)
            await asyncio.sleep(max(0.0, due - perf_counter()))
            tasks.append(asyncio.create_task(one(due)))
        await asyncio.gather(*tasks)
        return Load(latencies, others, perf_counter() - started)


def _count(status: int, since: float, latencies: list[float], others: dict[int, int]) -> None:
    if status == 200:
        latencies.append((perf_counter() - since) * 1000)
    else:
        others[status] = others.get(status, 0) + 1
