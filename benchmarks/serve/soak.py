"""A service under a fixed rate whose workers are killed: is all answered or refused, and all of it logged?

    .venv/bin/python benchmarks/serve/soak.py [seconds] [rate]

Two workers; every fifteen seconds the younger one gets SIGKILL, so that the other shows what grows. A request
whose connection the killed worker had is lost to its client, and counted so.
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
SHOW_EVERY = 4  # kills


def workers(running: Running) -> list[int]:
    """The processes of the workers, the oldest first."""
    pid = running.process.pid
    found = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return sorted(found, key=_started)


def _started(pid: int) -> int:
    """Clock ticks from boot to the process's start; of one that has ended, after all others."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except OSError:
        return sys.maxsize


def memory_mb(pid: int) -> str:
    """Resident memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(f"{int(line.split()[1]) / 1000:.1f}" for line in lines if line.startswith("VmRSS"))


def show(running: Running, root: Path, seconds: float, ended: Counter[str]) -> None:
    """A row: what the supervisor and the oldest worker have, and how many files the workers count in."""
    oldest = workers(running)[0]
    counts = sum(1 for _ in root.rglob("*.db"))
    descriptors = len(list(Path(f"/proc/{oldest}/fd").iterdir()))
    row(
        f"{seconds:.0f}", f"{sum(ended.values()):,}", memory_mb(running.process.pid), memory_mb(oldest),
        str(oldest), str(descriptors), str(counts),
    )  # fmt: skip


def reason(status: int, body: bytes) -> str:
    """How a request ended; a refusal by its code."""
    if status == 200:
        return "answered"
    problem = json.loads(body)
    return f"{status} {problem['code']}" if problem["request_id"] else f"{status} without an id"


async def soak(running: Running, root: Path, seconds: float, rate: float) -> tuple[Counter[str], set[str]]:
    """(how requests ended, the ids of those that were answered with 200)."""
    rng, ended, answered = random.Random(0), Counter[str](), set[str]()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(60)) as session:

        async def one() -> None:
            try:
                async with session.post(running.url, data=BODY, headers=HEADERS) as reply:
                    body = await reply.read()
                    ended[reason(reply.status, body)] += 1
                    if reply.status == 200:
                        answered.add(json.loads(body)["request_id"])
            except aiohttp.ClientError:
                ended["connection lost"] += 1

        started = due = perf_counter()
        kills, tasks = 0, set[asyncio.Task[None]]()
        while due - started < seconds:
            due += rng.expovariate(rate)
            await asyncio.sleep(max(0.0, due - perf_counter()))
            task = asyncio.create_task(one())
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            if perf_counter() - started > (kills + 1) * KILL_EVERY_S:
                if kills % SHOW_EVERY == 0:
                    show(running, root, perf_counter() - started, ended)
                kills += 1
                os.kill(workers(running)[-1], signal.SIGKILL)
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
            head(
                "s",
                "requests",
                "supervisor MB",
                "oldest worker MB",
                "its process",
                "its files",
                "files counted in",
            )
            ended, answered = asyncio.run(soak(running, root, seconds, rate))
            load = os.getloadavg()[0]
        lines = [
            json.loads(line) for file in root.glob("log.jsonl*") for line in file.read_text().splitlines()
        ]
        ok = Counter(one["request_id"] for one in lines if one["outcome"] == "ok")
        head("how requests ended", "count")
        for how, count in sorted(ended.items()):
            row(how, f"{count:,}")
        print(f"\nload {load:.1f} at the end")
        print(f"{len(answered):,} answers; {len(answered - ok.keys()):,} without a line,", end=" ")
        print(
            f"{sum(count > 1 for count in ok.values()):,} with two; {len(ok.keys() - answered):,} lines whose"
        )
        print("client lost its connection before the answer came")


if __name__ == "__main__":
    main()
