"""`prompteval serve` beside a bare FastAPI handler that calls the same upstream; whole processes, in one run.

    .venv/bin/python benchmarks/serve/measure.py [seconds] [overhead]

The upstream is a fake server at 50 ms; generator, service and upstream share this machine's cores.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from load import BODY, HEADERS, Load, closed_loop, open_loop

PROMPT = """
from typing import Literal
from pydantic import BaseModel, Field
from prompteval import Prompt, system, user

class Inputs(BaseModel):
    message: str = Field(max_length=4096)

class Output(BaseModel):
    intent: Literal["billing", "technical", "general", "escalate"]

prompt = Prompt(
    inputs=Inputs, output=Output, params={"max_output_tokens": 32},
    messages=[system("Route a support message."), user("{{ message }}")],
)
"""
UPSTREAM_MS = 50
TURNS = (1, 2, 3, 4, 5)
ROOT = Path(__file__).parents[2]
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Running:
    """A service to ask: its address, and the processes whose time is its own."""

    url: str
    process: "subprocess.Popen[str]"

    def cpu_s(self) -> float:
        """Processor time of the process and its children so far."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return sum(_cpu(int(one)) for one in (self.process.pid, *children))


def _cpu(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


@contextmanager
def process(command: list[str], cwd: Path, ready: str, **env: str) -> Iterator["subprocess.Popen[str]"]:
    """A process, once an address answers with 200."""
    started = subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, **env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        while not _is_ready(ready):
            time.sleep(0.01)
        yield started
    finally:
        started.terminate()
        started.wait(60)


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


@contextmanager
def serving(root: Path, port: int, *options: str, prompt: str = "route") -> Iterator[Running]:
    command = [sys.executable, "-m", "prompteval", "serve", "--port", str(port), "-j", "512", *options]
    with process(command, root, f"http://127.0.0.1:{port}/readyz", FAKE_KEY="sk-test") as found:
        yield Running(f"http://127.0.0.1:{port}/v1/prompts/{prompt}", found)


@contextmanager
def bare(root: Path, port: int, upstream: str) -> Iterator[Running]:
    command = [sys.executable, str(Path(__file__).with_name("bare_fastapi.py")), str(port), upstream]
    with process(command, root, f"http://127.0.0.1:{port}/openapi.json") as found:
        yield Running(f"http://127.0.0.1:{port}/v1/prompts/route", found)


def overhead(name: str, running: Running, seconds: float) -> tuple[float, float]:
    """(ms above the upstream's own at a low rate, ms of processor time a request)."""
    asyncio.run(open_loop(running.url, 20, 2))
    before = running.cpu_s()
    found = asyncio.run(open_loop(running.url, 40, seconds))
    cpu_ms = (running.cpu_s() - before) * 1000 / max(len(found.latencies_ms), 1)
    above = found.percentile(0.5) - UPSTREAM_MS
    row(
        name,
        str(len(found.latencies_ms)),
        f"{found.percentile(0.5):.1f}",
        f"{above:.2f}",
        f"{cpu_ms:.2f}",
        found,
    )
    return above, cpu_ms


def at_load(name: str, running: Running, seconds: float) -> None:
    """Its capacity, and latencies at shares of it."""
    before = running.cpu_s()
    most = asyncio.run(closed_loop(running.url, 128, seconds))
    cpu_ms = (running.cpu_s() - before) * 1000 / max(len(most.latencies_ms), 1)
    print(
        f"| {name}, 128 at a time | {most.rate:.0f} | {_figures(most)} | {cpu_ms:.2f} | {most.others or ''} |"
    )
    for share in (0.5, 0.8, 0.95):
        before = running.cpu_s()
        found = asyncio.run(open_loop(running.url, most.rate * share, seconds))
        cpu_ms = (running.cpu_s() - before) * 1000 / max(len(found.latencies_ms), 1)
        row(f"{name}, {share:.0%}", f"{found.rate:.0f}", _figures(found), f"{cpu_ms:.2f}", found)


def row(*cells: "str | Load") -> None:
    """A row of a table; of a load what was not answered with 200."""
    print(f"| {' | '.join(cell if isinstance(cell, str) else str(cell.others or '') for cell in cells)} |")


def head(*cells: str) -> None:
    print(f"\n| {' | '.join(cells)} |\n|{'---|' * len(cells)}")


def _figures(load: Load) -> str:
    return " | ".join(f"{load.percentile(share):.1f}" for share in (0.5, 0.95, 0.99))


def cold_start(root: Path, port: int, prompt: str = "route") -> None:
    """From the command to ready; then the first, second and hundredth request on a connection of its own."""
    started = time.perf_counter()
    with serving(root, port, prompt=prompt) as running:
        ready = time.perf_counter() - started
        times = []
        for _ in range(100):
            sent = time.perf_counter()
            request = urllib.request.Request(running.url, BODY, HEADERS)
            with urllib.request.urlopen(request) as reply:
                reply.read()
            times.append((time.perf_counter() - sent) * 1000)
    later = sorted(times[1:])
    print(f"\ncold start to ready: {ready:.2f} s")
    middle = later[len(later) // 2]
    print(f"first request {times[0]:.1f} ms, hundredth {times[-1]:.1f} ms")
    print(f"of the others the median {middle:.1f} ms, the slowest {later[-1]:.1f} ms")


def write(root: Path, upstream: str) -> None:
    (root / "prompts/route").mkdir(parents=True)
    (root / "prompts/route/v1.py").write_text(PROMPT)
    (root / "prompteval.toml").write_text(
        f'default_model = "m"\n[models.m]\nmodel = "fake"\nbase_url = "{upstream}"\n'
        'api_key_env = "FAKE_KEY"\n'
    )
    subprocess.run(
        [sys.executable, "-m", "prompteval", "lock"], cwd=root, check=True, stdout=subprocess.DEVNULL
    )


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    upstream = "http://127.0.0.1:18950/v1"
    command = [sys.executable, "-m", "prompteval.testing.serve", "18950", str(UPSTREAM_MS)]
    with tempfile.TemporaryDirectory() as name, process(command, Path(name), f"{upstream}/models"):
        root = Path(name)
        write(root, upstream)
        head("", "requests", "P50 ms", "above the upstream ms", "processor ms a request", "refused")
        with (
            bare(root, 18951, upstream) as one,
            serving(root, 18952) as two,
            serving(root, 18953, "--log", "log.jsonl") as three,
        ):
            found = {}
            for turn in TURNS:
                for title, running in (("bare FastAPI", one), ("serve", two), ("serve --log", three)):
                    found[title, turn] = overhead(f"{title}, turn {turn}", running, seconds)
        for title in ("serve", "serve --log"):
            ratios = sorted(found[title, turn][1] / found["bare FastAPI", turn][1] for turn in TURNS)
            print(f"\n{title}: processor time a request, median ratio {ratios[len(TURNS) // 2]:.2f}")
        if "overhead" in sys.argv:
            return
        head("", "answers a second", "P50 ms", "P95 ms", "P99 ms", "processor ms a request", "refused")
        with bare(root, 18954, upstream) as running:
            at_load("bare FastAPI", running, seconds)
        for workers in ("1", "2"):
            with serving(root, 18955, "--workers", workers, "--log", "log.jsonl") as running:
                time.sleep(1)
                at_load(f"serve, {workers} worker{'s' if workers > '1' else ''}", running, seconds)
        print("\nan upstream at 50 ms:", end="")
        cold_start(root, 18956)
    head("the embedded model", "answers a second", "P50 ms", "P95 ms", "P99 ms", "processor ms", "refused")
    with serving(ROOT, 18957, prompt="classify_intent") as running:
        at_load("classify_intent", running, seconds)
    print("\nthe embedded model:", end="")
    cold_start(ROOT, 18958, "classify_intent")


if __name__ == "__main__":
    main()
