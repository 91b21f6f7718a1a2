"""Processor time of the commands people wait for, whole processes, median of ten.

    .venv/bin/python benchmarks/startup/measure.py

Each row also shows the ratio to a bare `python -c pass` measured in the same run, so that two
machines can be compared.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = 10
LIMITS_MS = {"--version": 100, "--help": 300, "check (1,000 cases)": 1000}


def cpu_ms(command: list[str], directory: Path) -> float:
    """User and system milliseconds of one run of `command`, children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return ((after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)) * 1000


def workspace(directory: Path) -> None:
    """The starter workspace, its case file replaced by 1,000 cases."""
    subprocess.run(
        [sys.executable, "-m", "prompteval", "init", str(directory)], check=True, capture_output=True
    )
    with (directory / "datasets" / "tickets.jsonl").open("w", encoding="utf-8") as file:
        for number in range(1000):
            case = {
                "id": f"t{number}",
                "inputs": {"message": f"Synthetic message number {number} about an invoice."},
                "expected": {"team": "payments"},
                "tags": {"channel": "email" if number % 2 else "chat"},
            }
            file.write(json.dumps(case) + "\n")


def main() -> None:
    prompteval = [sys.executable, "-m", "prompteval"]
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name) / "demo"
        workspace(directory)
        rows = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "--version": [*prompteval, "--version"],
            "--help": [*prompteval, "--help"],
            "run --help": [*prompteval, "run", "--help"],
            "check (1,000 cases)": [*prompteval, "check"],
        }
        print(f"Python {sys.version.split()[0]}, {os.cpu_count()} processors, median of {RUNS}\n")
        print("| command | CPU ms | min | max | × bare python | limit ms |")
        print("|---|---|---|---|---|---|")
        bare = 0.0
        for title, command in rows.items():
            cpu_ms(command, directory)
            times = [cpu_ms(command, directory) for _ in range(RUNS)]
            middle = statistics.median(times)
            bare = bare or middle
            limit = LIMITS_MS.get(title, "")
            spread = f"{min(times):.0f} | {max(times):.0f}"
            print(f"| `{title}` | {middle:.0f} | {spread} | {middle / bare:.1f} | {limit} |")


if __name__ == "__main__":
    main()
