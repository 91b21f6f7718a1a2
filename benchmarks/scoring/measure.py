"""What a slow scorer costs a run: scoring happens after a case's clock, off the event loop, side by side.

    .venv/bin/python benchmarks/scoring/measure.py [--cases 40] [--latency 100]

One suite against one server, all cases at once: without a scorer that takes time, then with a plain
function that sleeps 0.2 s a case, an async one, one that is not thread-safe (which takes its time one call
after another), and `similarity` (twice, the second time from the cache). `wall_s` and latencies are those
that the run reports; `scoring` is the wall time above the run without.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "runner"))
from measure import SUITE, server, workspace

OWN = """
import asyncio, time

def plain(case, observation):
    time.sleep(0.2)
    return {"value": 1.0, "reason": "slept"}

async def later(case, observation):
    await asyncio.sleep(0.2)
    return 1.0
"""
SCORERS = {
    "exact": "",
    "and a plain function of 0.2 s": ', {python: "evals.own:plain"}',
    "and an async function of 0.2 s": ', {python: "evals.own:later"}',
    "and 0.2 s, not thread-safe": ', {python: {function: "evals.own:plain", thread_safe: false}}',
    "and similarity": ", {similarity: {field: intent}}",
    "and similarity, cached": ", {similarity: {field: intent}}",
}


def run(directory: Path, more: str, concurrency: int) -> tuple[float, float, float]:
    """(wall seconds, p50 and p95 of latency in ms), as the run reports them."""
    (directory / "evals/s.yaml").write_text(
        SUITE.replace("{exact: {field: intent}}", f"{{exact: {{field: intent}}}}{more}")
    )
    command = [sys.executable, "-m", "prompteval", "run", "--json", "-q", "-j", str(concurrency)]
    done = subprocess.run(
        command, cwd=directory, capture_output=True, text=True, env=ENVIRONMENT, check=False
    )
    if done.returncode not in (0, 1, 3):
        raise SystemExit(done.stderr)
    timing = json.loads(done.stdout)["results"][0]["timing"]
    return timing["wall_s"], timing["latency_ms"]["p50"], timing["latency_ms"]["p95"]


ENVIRONMENT = {"FAKE_KEY": "sk-fake", "NO_COLOR": "1", "PATH": "/usr/bin:/bin", "HOME": "/nowhere"}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=40)
    parser.add_argument("--latency", type=float, default=100.0, help="of the server, in ms")
    arguments = parser.parse_args()
    print(f"{arguments.cases} cases at -j {arguments.cases}, a server of {arguments.latency:g} ms\n")
    print("| scorers | wall s | scoring s | p50 ms | p95 ms |")
    print("|---|---|---|---|---|")
    alone = None
    for title, more in SCORERS.items():
        with server(arguments.latency) as (url, _), TemporaryDirectory() as made:
            workspace(Path(made), arguments.cases, url)
            (Path(made) / "evals/own.py").write_text(OWN)
            for _ in range(2 if title.endswith("cached") else 1):
                wall, middle, high = run(Path(made), more, arguments.cases)
        alone = wall if alone is None else alone
        print(f"| {title} | {wall:.2f} | {wall - alone:.2f} | {middle:.0f} | {high:.0f} |", flush=True)


if __name__ == "__main__":
    main()
