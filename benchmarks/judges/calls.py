"""Whole processes against one fake server: a judge over recorded outputs, beside a bare aiohttp loop.

    .venv/bin/python benchmarks/judges/calls.py [CASES ...]      (default 10000)

The loop makes as many calls as the judge, with 50 ms latency, 100 at a time, and only counts. Ours reads
cases and outputs from files, asks the judge about each, stores scores, replies and attempts, works out
intervals and prints its report; `again` is the same run once more, answered by its cache. Runs take turns;
the best of `--repeat` rounds is shown. All messages are synthetic.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "runner"))

from measure import CONCURRENCY, LATENCY_MS, run, server, workspace

JUDGE = """
from typing import Literal
from pydantic import BaseModel
from prompteval import Prompt, system, user

class Inputs(BaseModel):
    message: str
    output: str

class Verdict(BaseModel):
    reasons: str
    verdict: Literal["yes", "no"]

prompt = Prompt(
    inputs=Inputs,
    output=Verdict,
    messages=[system("Is the answer right?"), user("{{ message }}\\n\\n{{ output }}")],
    params={"temperature": 0, "max_output_tokens": 64},
)
"""
SUITE = """outputs: ../datasets/outputs.jsonl
cases: ../datasets/cases.jsonl
scorers: [{judge: {prompt: judge, model: fake}}]
metrics: [accuracy]
"""


def prepare(directory: Path, cases: int, url: str) -> None:
    """The runner's workspace, with recorded outputs and a judge of them in the place of its prompt."""
    workspace(directory, cases, url)
    (directory / "prompts/judge").mkdir(parents=True, exist_ok=True)
    (directory / "prompts/judge/v1.py").write_text(JUDGE)
    (directory / "evals/s.yaml").write_text(SUITE)
    with (directory / "datasets/outputs.jsonl").open("w") as file:
        for number in range(cases):
            file.write(json.dumps({"id": f"c{number:06}", "output": f"answer {number}"}) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", nargs="*", type=int, default=[10000])
    parser.add_argument("--repeat", type=int, default=3, help="the best of so many rounds")
    arguments = parser.parse_args()
    loop = Path(__file__).parents[1] / "runner" / "bare_aiohttp.py"
    for cases in arguments.cases:
        with server() as (url, name), TemporaryDirectory() as made, TemporaryDirectory() as bytecode:
            directory = Path(made)
            bare = [sys.executable, str(loop), str(directory / "datasets/cases.jsonl"), str(CONCURRENCY), url]
            ours = [sys.executable, "-m", "prompteval", "run", "-j", str(CONCURRENCY)]
            prepare(directory, 1, url)
            run(ours, directory, bytecode)  # compiles
            limit = cases / CONCURRENCY * LATENCY_MS / 1000
            print(f"\n{cases:,} judge calls, limit {limit:.1f} s, {name}, load {os.getloadavg()[0]:.1f}\n")
            best: dict[str, tuple[float, float, float]] = {}
            for _ in range(arguments.repeat):
                prepare(directory, cases, url)
                for path in (directory / ".prompteval").glob("*"):
                    if path.is_file():
                        path.unlink()
                for title, command in (
                    ("bare aiohttp loop", bare),
                    ("prompteval run", ours),
                    ("again", ours),
                ):
                    found = run(command, directory, bytecode)
                    seen = (found.wall_s, found.cpu_s, found.peak_mb)
                    best[title] = min(best.get(title, seen), seen)
            print("| program | wall s | beside the loop | cpu s | peak MB |\n|---|---|---|---|---|")
            base = best["bare aiohttp loop"][0]
            for title, (wall, cpu, peak) in best.items():
                print(f"| {title} | {wall:.1f} | {wall / base:.2f} | {cpu:.1f} | {peak:.0f} |")
            print("\n" + "\n".join((directory / "out.txt").read_text().splitlines()[-8:]))


if __name__ == "__main__":
    main()
