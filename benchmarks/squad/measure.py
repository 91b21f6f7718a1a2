"""SQuAD by the embedded default: retrieval over the paragraphs, extractive answers, abstention, failures.

    .venv/bin/python benchmarks/squad/measure.py [xquad] [squad2] [--questions N]

Prints one table a set, from `prompteval run --json` on the workspace that build.py writes below
.prompteval/squad, where a second run finds its replies. Skips, saying so, where the data are absent.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from build import FILES, ROOT, build


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("names", nargs="*", default=list(FILES))
    options.add_argument("--questions", type=int)
    chosen = options.parse_args()
    for name in chosen.names:
        if not FILES[name].is_file():
            print(f"skipped: {FILES[name]} is not here")
            continue
        directory = ROOT / ".prompteval" / "squad" / name
        count = build(name, directory, chosen.questions)
        result, seconds = run(directory)
        show(name, count, result, seconds)


def run(directory: Path) -> tuple[dict[str, Any], float]:
    command = [sys.executable, "-m", "prompteval", "run", "--json", "-q"]
    started = time.perf_counter()
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"prompteval run ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr}")
    return json.loads(done.stdout)["results"][0], time.perf_counter() - started


def show(name: str, count: int, result: dict[str, Any], seconds: float) -> None:
    usage = result["usage"]
    cached = f"{usage['cached']:,} of {usage['requests']:,} replies cached"
    print(f"\n**{name}**: {count:,} questions, {cached}, {seconds:.0f} s\n")
    print("| metric | value | 95 % interval | questions |\n|---|---|---|---|")
    weighed = {f"abstention, {line['metric']}": line for line in result["abstention"]}
    for metric, found in (result["metrics"] | weighed).items():
        if found["value"] is not None:
            ends = f"[{found['low']:.3f}, {found['high']:.3f}]"
            print(f"| {metric} | {found['value']:.4f} | {ends} | {found['n']:,} |")
    failures, reasons = result["failures"], result["attribution"]
    told = ", ".join(f"{reason} {number:,}" for reason, number in reasons.items())
    print(f"\n{failures['failed']:,} of {failures['questions']:,} questions failed: {told};")
    print(f"the reasons add up to {sum(reasons.values()):,}.")
    points = ", ".join(f"{coverage:.2f}: {risk:.2f}" for coverage, risk in result.get("risk_coverage", ()))
    print(f"Share wrong among the most confident, by coverage: {points}.")


if __name__ == "__main__":
    main()
