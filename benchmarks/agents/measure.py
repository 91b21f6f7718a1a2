"""A prompt with tools beside a bare aiohttp loop that makes the same calls, whole processes, in turn.

    .venv/bin/python benchmarks/agents/measure.py [CASES] [--repeat N]      (default 1000, the best of 3)

Each case takes 1 to 8 steps with calls of a tool and an answer behind them; every reply comes after 50 ms,
100 cases at a time. Ours checks the cases, renders, reads the arguments with the tool's types, calls the fake
in a thread, stores replies, attempts and rows, and prints its result; the loop calls the function and counts.
The server is `prompteval.testing.serve` with a script, and its own counts must be those of each program. The
limit is calls ÷ concurrency × latency. The messages are synthetic.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from benchmarks.runner.measure import Measured, run  # noqa: E402 - a folder of the repository

LATENCY_MS, CONCURRENCY, MOST_STEPS = 50, 100, 8
SETTINGS = '[models.fake]\nmodel = "gpt-4o-mini"\nbase_url = "{url}"\napi_key_env = "FAKE_KEY"\n'
PROMPT = '''
from pydantic import BaseModel
from prompteval import Prompt, system, user

class Inputs(BaseModel):
    message: str

def get_order(order_id: str) -> dict:
    """Look an order up."""

prompt = Prompt(
    inputs=Inputs,
    output=str,
    messages=[system("You help customers of a shop. Use the tools."), user("{{ message }}")],
    params={"temperature": 0},
    tools=[get_order],
)
'''
FAKES = """
def get_order(order_id):
    return {"order_id": order_id, "status": "shipped", "total": 12.5}
"""
SUITE = """prompt: help
cases: ../datasets/cases.jsonl
models: [fake]
tools: {module: evals.fakes, max_steps: 8}
scorers: [{exact: {}}]
metrics: [accuracy]
gate: [accuracy >= 0.99]
"""
COUNTS = ("requests", "steps", "tool_calls")


def rules(folder: Path) -> Path:
    """The script of the server: as many steps as the message says."""
    path = folder / "rules.jsonl"
    with path.open("w") as file:
        for steps in range(1, MOST_STEPS + 1):
            calls = [[{"name": "get_order", "arguments": {"order_id": f"A{n}"}}] for n in range(steps)]
            file.write(json.dumps({"when": f" {steps} orders$", "tool_calls": calls, "text": "done"}) + "\n")
    return path


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Its base URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "prompteval.testing.serve", port, str(LATENCY_MS), str(rules(folder))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


def workspace(folder: Path, cases: int, url: str) -> None:
    """One prompt, one suite, fakes, and so many cases of 1 to 8 steps in turn."""
    for path, text in {
        "prompteval.toml": SETTINGS.format(url=url),
        "prompts/help/v1.py": PROMPT,
        "evals/fakes.py": FAKES,
        "evals/s.yaml": SUITE,
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / "datasets").mkdir(exist_ok=True)
    with (folder / "datasets" / "cases.jsonl").open("w") as file:
        for number in range(cases):
            message = f"customer {number} asks for {number * 7 % MOST_STEPS + 1} orders"
            case = {"id": f"c{number:06}", "inputs": {"message": message}, "expected": "done"}
            file.write(json.dumps(case) + "\n")


def counted(url: str) -> dict[str, int]:
    """What the server has counted so far."""
    with urllib.request.urlopen(url.removesuffix("/v1") + "/stats") as answer:
        found = json.load(answer)
    return {name: found.get(name, 0) for name in COUNTS}


def ours(folder: Path) -> dict[str, int]:
    """What the run says of itself: its requests, and what its rows hold."""
    command = [sys.executable, "-m", "prompteval", "report", "last", "-o", "rows.jsonl", "-o", "run.json"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    result = json.loads((folder / "run.json").read_text())["results"][0]
    rows = [json.loads(line) for line in (folder / "rows.jsonl").read_text().splitlines()]
    return {
        "requests": result["usage"]["requests"],
        "steps": sum(len({call["step"] for call in row["tool_calls"]}) for row in rows),
        "tool_calls": sum(len(row["tool_calls"]) for row in rows),
        "rows": sum(row["output"] == "done" for row in rows),
    }


def one(title: str, folder: Path, cases: int, url: str, bytecode: str) -> tuple[Measured, dict[str, int]]:
    """One whole process, with what it counted; raises where the server counted something else."""
    for name in ("prompteval.toml", ".prompteval", "prompts", "evals", "datasets"):
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    workspace(folder, cases, url)
    before = counted(url)
    if "aiohttp" in title:
        loop = [str(folder / "datasets" / "cases.jsonl"), str(CONCURRENCY), url]
        found = run([sys.executable, str(HERE / "bare_aiohttp.py"), *loop], folder, bytecode)
        counts = json.loads((folder / "out.txt").read_text())
    else:
        command = [sys.executable, "-m", "prompteval", "run", "-j", str(CONCURRENCY)]
        found = run(command, folder, bytecode)
        counts = ours(folder)
    after = counted(url)
    served = {name: after[name] - before[name] for name in COUNTS}
    if {name: counts[name] for name in COUNTS} != served or counts["rows"] != cases:
        raise SystemExit(f"{title}: {counts} of {cases} cases, and the server counted {served}")
    return found, counts


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", nargs="?", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=3, help="the best of so many, in turn")
    arguments = parser.parse_args()
    titles = ("bare aiohttp loop", "prompteval run")
    with TemporaryDirectory() as made, TemporaryDirectory() as bytecode, server(Path(made)) as url:
        best: dict[str, tuple[Measured, dict[str, int]]] = {}
        for title in titles:  # compiles
            one(title, Path(made), 1, url, bytecode)
        load = os.getloadavg()[0]
        for _ in range(arguments.repeat):
            for title in titles:
                found = one(title, Path(made), arguments.cases, url, bytecode)
                if title not in best or found[0].wall_s < best[title][0].wall_s:
                    best[title] = found
    requests = best[titles[0]][1]["requests"]
    limit = requests / CONCURRENCY * LATENCY_MS / 1000
    print(f"\n{arguments.cases:,} cases, limit {limit:.1f} s, {os.cpu_count()} cores, load {load:.1f}\n")
    print("| program | wall s | x limit | x aiohttp | cpu s | peak MB | calls | steps | tool calls | rows |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for title, (measured, counts) in best.items():
        ratio = measured.wall_s / best[titles[0]][0].wall_s
        cells = [f"{measured.wall_s:.2f}", f"{measured.wall_s / limit:.2f}", f"{ratio:.2f}"]
        cells += [f"{measured.cpu_s:.2f}", f"{measured.peak_mb:.0f}"]
        cells += [f"{counts[name]:,}" for name in (*COUNTS, "rows")]
        print(f"| {title} | {' | '.join(cells)} |")
    print("\nThe server counted the same calls, steps and tool calls for each.")


if __name__ == "__main__":
    main()
