"""A service under a fixed rate whose workers are killed: is all answered or refused, and all of it logged?

    .venv/bin/python benchmarks/serve/soak.py [seconds] [rate]

Two workers; every fifteen seconds one of them gets SIGKILL. A request whose connection the killed worker had
is lost to its client, and counted so.
"""

import asyncio
import json
import os
import random
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path
from time import perf_counter

import aiohttp

sys.path.insert(0, str(Path(__file__).parent))

from load import BODY, HEADERS
from measure import UPSTREAM_MS, Running, head, process, row, serving, write

KILL_EVERY_S = 15.0


def workers(running: Running) -> list[int]:
    """The processes of the workers."""
    pid = running.process.pid
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def memory_mb(running: Running) -> list[float]:
    """Resident memory of the workers."""
    found = []
    for one in workers(running):
        lines = Path(f"/proc/{one}/status").read_text().splitlines()
        found += [int(line.split()[1]) / 1000 for line in lines if line.startswith("VmRSS")]
    return sorted(found)


async def soak(running: Running, seconds: float, rate: float) -> tuple[Counter[str], set[str]]:
    """(how requests ended, the ids of those that were answered with 200)."""
    rng, ended, answered = random.Random(0), Counter[str](), set[str]()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(60)) as session:

        async def one() -> None:
            try:
                async with session.post(running.url, data=BODY, headers=HEADERS) as reply:
                    body = json.loads(await reply.read())
                    ended[str(reply.status)] += 1
                    if reply.status == 200:
                        answered.add(body["request_id"])
            except aiohttp.ClientError:
                ended["connection lost"] += 1

        started = due = perf_counter()
        kill, tasks = KILL_EVERY_S, set[asyncio.Task[None]]()
        while due - started < seconds:
            due += rng.expovariate(rate)
            await asyncio.sleep(max(0.0, due - perf_counter()))
            task = asyncio.create_task(one())
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            if perf_counter() - started > kill:
                kill += KILL_EVERY_S
                row(f"{perf_counter() - started:.0f}", ", ".join(f"{mb:.0f}" for mb in memory_mb(running)))
                os.kill(rng.choice(workers(running)), signal.SIGKILL)
        await asyncio.gather(*tasks)
    return ended, answered


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 1200.0
    rate = float(sys.argv[2]) if len(sys.argv) > 2 else 100.0
    upstream = "http://127.0.0.1:18960/v1"
    command = [sys.executable, "-m", "prompteval.testing.serve", "18960", str(UPSTREAM_MS)]
    with tempfile.TemporaryDirectory() as name, process(command, Path(name), f"{upstream}/models"):
        root = Path(name)
        write(root, upstream)
        with serving(root, 18961, "--workers", "2", "--log", "log.jsonl") as running:
            head("s", "MB of each worker, before one is killed")
            ended, answered = asyncio.run(soak(running, seconds, rate))
        lines = [
            json.loads(line) for file in root.glob("log.jsonl*") for line in file.read_text().splitlines()
        ]
        ok = Counter(one["request_id"] for one in lines if one["outcome"] == "ok")
        head("how requests ended", "count")
        for how, count in sorted(ended.items()):
            row(how, f"{count:,}")
        print(f"\n{len(answered):,} answers; {len(answered - ok.keys()):,} without a line,", end=" ")
        print(
            f"{sum(count > 1 for count in ok.values()):,} with two; {len(ok.keys() - answered):,} lines whose"
        )
        print("client lost its connection before the answer came")


if __name__ == "__main__":
    main()
