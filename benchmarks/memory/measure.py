"""Peak memory and time of `check` and `run` over one large JSONL file with a scripted model.

    .venv/bin/python benchmarks/memory/measure.py [CASES]      (default 1,000,000)

The messages are synthetic. Peak memory is that of the whole process, as the kernel saw it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT_MB = 300


def peak_mb(command: list[str], directory: Path) -> tuple[float, float, int]:
    """(peak resident megabytes, wall seconds, exit code) of one whole process."""
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1024 if sys.platform == "linux" else 1024 * 1024
    return usage.ru_maxrss / unit, time.monotonic() - started, process.returncode


def workspace(directory: Path, cases: int) -> None:
    """The starter workspace with a long case file and a scripted model."""
    subprocess.run(
        [sys.executable, "-m", "prompteval", "init", str(directory)], check=True, capture_output=True
    )
    teams = ("payments", "support", "sales")
    with (directory / "datasets" / "tickets.jsonl").open("w", encoding="utf-8") as file:
        for number in range(cases):
            case = {
                "id": f"t{number}",
                "inputs": {"message": f"Synthetic message {number} for {teams[number % 3]}."},
                "expected": {"team": teams[number % 3]},
                "tags": {"channel": "email" if number % 2 else "chat"},
            }
            file.write(json.dumps(case) + "\n")
    script = [{"when": f"for {team}", "output": {"team": team}} for team in teams]
    text = "".join(json.dumps(line) + "\n" for line in script)
    (directory / "teams.jsonl").write_text(text, encoding="utf-8")


def main() -> None:
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    prompteval = [sys.executable, "-m", "prompteval"]
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name) / "demo"
        workspace(directory, cases)
        print(f"{cases:,} cases, Python {sys.version.split()[0]}, limit {LIMIT_MB} MB\n")
        print("| command | peak MB | wall s | µs a case | exit |")
        print("|---|---|---|---|---|")
        for title, command in {
            "check": [*prompteval, "check"],
            "run": [*prompteval, "run", "-q", "--model", "scripted/teams.jsonl"],
        }.items():
            memory, seconds, code = peak_mb(command, directory)
            print(f"| `{title}` | {memory:.0f} | {seconds:.1f} | {seconds / cases * 1e6:.0f} | {code} |")


if __name__ == "__main__":
    main()
