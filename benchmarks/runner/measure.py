"""Whole processes against one fake server, side by side: `prompteval run`, a bare aiohttp loop, the SDK.

    .venv/bin/python benchmarks/runner/measure.py [CASES ...]      (default 2000 10000)

Each program sends the same requests with structured output, 50 ms latency, 100 calls at a time. Ours
reads its cases from a file, checks them, stores results, replies and attempts, works out intervals
and prints its report; the loops only count. `cached` is the same run again, answered by its cache.
The limit is cases ÷ concurrency × latency. The server is the Node program of ../shared/bench where
both are there, else `prompteval.testing.serve`; which one it was is printed. The messages are
synthetic. `profile.py` beside this shows where the processor time goes.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
NODE_SERVER = HERE.parents[1] / ".." / "shared" / "bench" / "fake_openai.mjs"
LATENCY_MS, CONCURRENCY = 50, 100
MESSAGES = {
    "billing": "my invoice {} for billing is wrong",
    "technical": "a technical error {} on the screen",
    "escalate": "I want a manager to escalate and complain about {}",
    "general": "a general question on the opening hours of shop {}",
}
LABELS = list(MESSAGES)
PROMPT = """
from typing import Literal
from pydantic import BaseModel
from prompteval import Prompt, system, user

class Inputs(BaseModel):
    message: str

class Output(BaseModel):
    intent: Literal["billing", "technical", "escalate", "general"]

prompt = Prompt(
    inputs=Inputs,
    output=Output,
    messages=[system("Classify the support message."), user("{{ message }}")],
    params={"temperature": 0, "max_output_tokens": 16},
)
"""
SETTINGS = """[models.fake]
model = "gpt-4o-mini"
base_url = "{url}"
api_key_env = "FAKE_KEY"
"""
SUITE = """prompt: classify
cases: ../datasets/cases.jsonl
models: [fake]
scorers: [{exact: {field: intent}}]
metrics: [accuracy, f1(average=macro), per_class]
slices: [channel]
gate: [accuracy >= 0.9]
"""


@dataclass(frozen=True)
class Measured:
    """One whole process."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    code: int


@contextmanager
def server(latency_ms: float = LATENCY_MS) -> Iterator[tuple[str, str]]:
    """(base URL, what serves it)."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    node = shutil.which("node")
    if node and NODE_SERVER.exists():
        command, name = [node, str(NODE_SERVER), port, str(latency_ms)], "node fake_openai.mjs"
    else:
        command = [sys.executable, "-m", "prompteval.testing.serve", port, str(latency_ms)]
        name = "prompteval.testing.serve"
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield f"http://127.0.0.1:{port}/v1", name
    finally:
        process.kill()
        process.wait()


def workspace(directory: Path, cases: int, url: str, more: str = "") -> None:
    """One prompt, one suite, and so many synthetic cases; `more` are lines of the model's profile."""
    for path, text in {
        "prompteval.toml": SETTINGS.format(url=url) + more,
        "prompts/classify/v1.py": PROMPT,
        "evals/s.yaml": SUITE,
    }.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text)
    (directory / "datasets").mkdir(exist_ok=True)
    with (directory / "datasets" / "cases.jsonl").open("w") as file:
        for number in range(cases):
            label = LABELS[number * 7 % 4]
            case = {
                "id": f"c{number:06}",
                "inputs": {"message": MESSAGES[label].format(number)},
                "expected": {"intent": label},
                "tags": {"channel": "email" if number % 2 else "chat"},
            }
            file.write(json.dumps(case) + "\n")


def run(command: list[str], directory: Path, bytecode: str) -> Measured:
    """The whole process: wall and processor seconds, peak memory.

    Bytecode is kept in `bytecode`, so that sources are compiled once, as pip does when it installs.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = {**kept, "FAKE_KEY": "sk-fake", "NO_COLOR": "1", "PYTHONPYCACHEPREFIX": bytecode}
    with (directory / "out.txt").open("w") as out:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=directory, stdout=out, stderr=out, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        print((directory / "out.txt").read_text()[-2000:])
    unit = 1024 if sys.platform == "linux" else 1024 * 1024
    return Measured(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit, process.returncode)


def programs(directory: Path, url: str) -> dict[str, list[str]]:
    """Name to command, the reference first."""
    loop = [str(directory / "datasets" / "cases.jsonl"), str(CONCURRENCY), url]
    return {
        "bare aiohttp loop": [sys.executable, str(HERE / "bare_aiohttp.py"), *loop],
        "prompteval run": [
            *(sys.executable, "-m", "prompteval", "run", "-j", str(CONCURRENCY)),
            *("-o", str(directory / "report.md")),
        ],
        "prompteval run, cached": [sys.executable, "-m", "prompteval", "run", "-j", str(CONCURRENCY)],
        "SDK create() loop": [sys.executable, str(HERE / "sdk_create.py"), *loop],
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", nargs="*", type=int, default=[2000, 10000])
    parser.add_argument("--repeat", type=int, default=1, help="the best of so many")
    parser.add_argument("--only", default="", help="only the program whose name contains this")
    arguments = parser.parse_args()
    for cases in arguments.cases:
        limit = cases / CONCURRENCY * LATENCY_MS / 1000
        with server() as (url, name), TemporaryDirectory() as made, TemporaryDirectory() as bytecode:
            for command in programs(Path(made), url).values():  # compiles
                workspace(Path(made), 1, url)
                run(command, Path(made), bytecode)
            cores, load = os.cpu_count(), os.getloadavg()[0]
            print(f"\n{cases:,} cases, limit {limit:.1f} s, {name}, {cores} cores, load {load:.1f}\n")
            print("| program | wall s | x limit | x aiohttp | cpu s | cpu ms a case | peak MB | exit |")
            print("|---|---|---|---|---|---|---|---|")
            reference = None
            for title, command in programs(Path(made), url).items():
                if arguments.only not in title:
                    continue
                best = None
                for _ in range(arguments.repeat):
                    if "cached" not in title:
                        shutil.rmtree(made, ignore_errors=True)
                        workspace(Path(made), cases, url)
                    found = run(command, Path(made), bytecode)
                    best = found if best is None or found.wall_s < best.wall_s else best
                assert best is not None
                reference = reference or best.wall_s
                ratios = f"{best.wall_s / limit:.2f} | {best.wall_s / reference:.2f}"
                cpu = f"{best.cpu_s:.2f} | {best.cpu_s / cases * 1000:.3f}"
                print(
                    f"| {title} | {best.wall_s:.2f} | {ratios} | {cpu} | {best.peak_mb:.0f} | {best.code} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
