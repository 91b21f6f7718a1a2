"""Time and memory of `monitor check` on a large log, whole processes.

python benchmarks/monitor/scale.py [ROWS ...]

The log is made first, in a temporary directory: predictions, latency, errors and lengths are checked.
"""

import json
import os
import random
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from populations import table, write_part

CONFIG = {
    "signals": {
        "predictions": {"field": "intent"},
        "inputs": {"features": ["length"]},
        "latency": {"p99_ms": 1500, "slo": 0.99},
        "errors": {"rate": 0.001},
    }
}
NAMES, WEIGHTS = ("billing", "technical", "general", "escalate"), (0.4, 0.3, 0.2, 0.1)


def main() -> None:
    counts = [int(text) for text in sys.argv[1:]] or [1_000_000, 10_000_000]
    rows = []
    for count in counts:
        with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as directory:
            rows.append(measured(Path(directory), count))
    head = ["rows", "log, MB", "parsing alone, s", "check, s", "processor s", "peak of all processes, MB"]
    text = (
        f"## Large logs\n\n```\npython benchmarks/monitor/scale.py {' '.join(map(str, counts))}\n```\n\n"
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end. Parsing alone is "
        "`json.loads` of every line in "
        f"one process.\n\n{table(head, rows)}"
    )
    write_part("scale", text)


def measured(directory: Path, count: int) -> list[str]:
    log, reference = directory / "log.jsonl", directory / "reference.jsonl"
    write(log, count, seed=1)
    write(reference, 20_000, seed=2)
    (directory / "monitor.yaml").write_text(json.dumps(CONFIG))
    started = time.perf_counter()
    with log.open("rb") as file:
        for line in file:
            json.loads(line)
    parsing = time.perf_counter() - started
    command = [
        sys.executable,
        "-m",
        "prompteval",
        "monitor",
        "check",
        str(log),
        "--reference",
        str(reference),
    ]
    before = os.times()
    started = time.perf_counter()
    pid = os.posix_spawn(
        command[0], [*command, "--config", str(directory / "monitor.yaml"), "--json"], os.environ
    )
    peak, stop = [0], threading.Event()
    watcher = threading.Thread(target=watch, args=(pid, peak, stop))
    watcher.start()
    _, status = os.waitpid(pid, 0)
    wall = time.perf_counter() - started
    stop.set()
    watcher.join()
    after = os.times()
    assert os.waitstatus_to_exitcode(status) == 0
    used = after.children_user + after.children_system - before.children_user - before.children_system
    size = log.stat().st_size / 1e6
    return [
        f"{count:,}",
        f"{size:,.0f}",
        f"{parsing:.1f}",
        f"{wall:.1f}",
        f"{used:.1f}",
        f"{peak[0] / 1e3:,.0f}",
    ]


def watch(pid: int, peak: list[int], stop: threading.Event) -> None:
    """The greatest sum of resident memory of a process and its children, in kB."""
    while not stop.wait(0.05):
        total = 0
        for process in (pid, *children(pid)):
            try:
                text = Path(f"/proc/{process}/status").read_text()
            except OSError:
                continue
            total += next((int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS")), 0)
        peak[0] = max(peak[0], total)


def children(pid: int) -> list[int]:
    found = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(one) for one in thread.read_text().split()]
        except OSError:
            continue
    return found


def write(path: Path, count: int, seed: int) -> None:
    rng = random.Random(seed)
    step = 7 * 86_400 / count
    with path.open("w") as file:
        for number in range(count):
            time_of = datetime.fromtimestamp(1_790_000_000 + number * step, UTC).isoformat(
                timespec="milliseconds"
            )
            failed = rng.random() < 0.0004
            row = {
                "schema": "prompteval/prediction@1",
                "time": time_of.replace("+00:00", "Z"),
                "request_id": f"{seed}{number:012x}{rng.getrandbits(64):016x}",
                "prompt": "route_ticket@v1",
                "fingerprint": "sha256:" + "ab" * 32,
                "model": "local/minilm",
                "outcome": "error" if failed else "ok",
                **({} if failed else {"output": {"intent": rng.choices(NAMES, WEIGHTS)[0]}}),
                "features": {"message": {"length": int(rng.lognormvariate(4, 0.6)), "language": "en"}},
                "latency_ms": round(rng.lognormvariate(5, 0.5), 3),
                "tags": {"channel": "web"},
            }
            file.write(json.dumps(row, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
