"""Random schedules on one store, with kill -9 at random instants: the store itself, and whole command lines.

    .venv/bin/python benchmarks/soak/schedules.py [--store N] [--commands N] [--seconds S]

Without options: 5,000 of the store, then 500 of command lines, however long they take; each part stops after
S seconds and says how many it came to. TMPDIR=/dev/shm keeps the stores in memory, where commits wait for no
disk: what kill -9 can do is the same, loss of power is another matter.

The first part is that of `tests/faults/schedules.py`, longer. In the second, two to five command lines
(`run`, with and without its cache, `run --resume`, `show`, `report`, `compare`, `runs`) overlap in one
workspace and some of them are killed; then each run that is left is gone on with. Every run must end,
with each of its cases once; each that ended with exit code 0 must be as it was then; both databases must
be sound. Exit 1 when something is not so.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1] / "runner"))

from measure import workspace

from prompteval.store.results import SqliteStore
from tests import forks
from tests.faults.schedules import schedules, unsound

CASES = 40
LINES = (
    "run -q", "run -q --no-cache -j 4", "run -q --limit 5", "run -q --resume", "run -q --no-cache -o r.json",
    "show last", "report last -o r.html", "compare last last", "runs",
)  # fmt: skip
# What a command line may say that came before, or between, the runs it asks for.
ALLOWED = (
    "there is no",
    "no unfinished run",
    "no runs yet",
    "no such database",
    "did not end",
    "is being run",
    "is empty",
    "is complete",
    "cannot go on",
)


@dataclass
class Told:
    """What command lines said in one workspace."""

    codes: Counter[str] = field(default_factory=Counter)
    passed: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def start(root: Path, line: str, out: Path) -> int:
    file = os.open(out, os.O_CREAT | os.O_TRUNC | os.O_RDWR)  # here, since the child may be killed at once
    pid = os.fork()
    if pid == 0:
        request = {"cwd": str(root), "arguments": line.split(), "env": dict(os.environ), "memory": None}
        forks.become(request, os.open(os.devnull, os.O_RDONLY), os.dup(file), os.dup(file))
    os.close(file)
    return pid


def end(line: str, pid: int, out: Path, told: Told) -> None:
    """Note how a command line ended, and the run that it says has passed."""
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    text = out.read_text(errors="backslashreplace")
    told.codes[f"{line.split()[0]} {code}"] += 1
    if code not in (0, 2, -signal.SIGKILL) or "Traceback" in text:
        told.faults.append(f"{line}: exit {code}: {text[-1500:]}")
    if code == 2 and not any(words in text for words in ALLOWED):
        told.faults.append(f"{line}: exit 2: {text[-500:]}")
    if code == 0 and line.startswith("run -q"):
        run_id = text.split("\nrun ", 1)[1].split()[0]
        told.passed[run_id] = 5 if "--limit" in line else 0 if "--resume" in line else CASES


def play(root: Path, seed: int, told: Told) -> None:
    """A few command lines at once; then those runs that are left go on to their end."""
    chance = random.Random(seed)
    started = []
    for number in range(chance.randint(2, 5)):
        line = chance.choice(LINES[:5] if number < 2 else LINES)
        out = root / f"out-{number}.txt"
        started.append((line, start(root, line, out), out))
        time.sleep(chance.uniform(0.0, 0.2))
    for line, pid, _ in started:
        if line.startswith("run -q") and chance.random() < 0.5:
            time.sleep(chance.uniform(0.0, 0.3))
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    for line, pid, out in started:
        end(line, pid, out, told)
    for name in ("results.sqlite", "cache.sqlite"):
        told.faults += unsound(root / ".prompteval" / name)
    with closing(SqliteStore.open(root / ".prompteval" / "results.sqlite")) as store:
        left = [record.run_id for record in store.runs() if record.verdict is None]
    for run_id in left:
        line, out = f"run -q --resume-run {run_id}", root / "out.txt"
        end(line, start(root, line, out), out, told)
    check(root, told)


def check(root: Path, told: Told) -> None:
    """Every run has ended, whole, with each case once."""
    with closing(SqliteStore.open(root / ".prompteval" / "results.sqlite", readonly=True)) as store:
        verdicts = {record.run_id: store.run(record.run_id).verdict for record in store.runs()}
        for run_id, verdict in verdicts.items():
            ids = Counter(row.case.id for row in store.rows(run_id))
            wanted = told.passed.get(run_id) or (5 if len(ids) == 5 else CASES)
            if verdict != "pass" or len(ids) != wanted or set(ids.values()) != {1}:
                told.faults.append(f"{run_id}: {verdict}, {len(ids)} of {wanted} cases")
        told.faults += [f"{run_id} is gone" for run_id in told.passed.keys() - verdicts.keys()]


def command_lines(count: int, directory: Path, seconds: float) -> list[str]:
    """So many schedules of command lines, fewer where the time is up; what was wrong."""
    forks.load()
    until = time.monotonic() + seconds
    codes: Counter[str] = Counter()
    faults: list[str] = []
    told, root, chance, played = Told(), directory, random.Random(count), 0
    for seed in range(count):
        if time.monotonic() > until:
            break
        played += 1
        if seed == 0 or chance.random() < 0.3:
            told, root = Told(), directory / f"ws-{seed}"
            root.mkdir()
            workspace(root, CASES, "http://127.0.0.1:9/v1")
            suite = root / "evals" / "s.yaml"
            suite.write_text(suite.read_text().replace("[fake]", "[scripted/m.jsonl]"))
            words = ("billing", "technical", "manager", "general")
            labels = ("billing", "technical", "escalate", "general")
            rule = '{{"when": "{}", "output": {{"intent": "{}"}}, "delay_ms": 4}}\n'
            (root / "m.jsonl").write_text("".join(map(rule.format, words, labels)))
        play(root, seed, told)
        codes, told.codes = codes + told.codes, Counter()
        faults += [f"seed {seed}: {fault}" for fault in told.faults]
        told.faults = []
    told_codes = dict(sorted(codes.items()))
    print(f"{played} schedules of command lines, by exit code {told_codes}: {len(faults)} faults")
    return faults


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", type=int, default=5_000)
    parser.add_argument("--commands", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=1e9)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        started = time.perf_counter()
        faults = schedules(Path(name) / "store", asked.store, asked.seconds, print)[1]
        print(f"{time.perf_counter() - started:.0f} s")
        faults += command_lines(asked.commands, Path(name), asked.seconds)
        print(f"{time.perf_counter() - started:.0f} s")
    for fault in faults[:20]:
        print(f"FAILS  {fault}")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
