"""Time and memory of `monitor check` on a large log, whole processes.

python benchmarks/monitor/scale.py [ROWS ...]

The log is made first, in a temporary directory: predictions, latency, errors and lengths are checked.
"""

import itertools
import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from populations import table, write_part

CONFIG = {
    "signals": {
        "predictions": {"field": "intent"},
        "inputs": {"features": ["length"]},
        "latency": {"p99_ms": 1500, "slo": 0.99},
        "errors": {"rate": 0.001},
    }
}
FINGERPRINT = "sha256:" + "ab" * 32
PARSED = 10  # one line in so many is parsed alone
_AT_ONCE = 100_000
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
        f"`json.loads` in one process,\nof the first tenth of the lines, times {PARSED}.\n\n"
        f"{table(head, rows)}"
    )
    write_part("scale", text)


def measured(directory: Path, count: int) -> list[str]:
    log, reference = directory / "log.jsonl", directory / "reference.jsonl"
    write(log, count, seed=1)
    write(reference, 20_000, seed=2)
    (directory / "monitor.yaml").write_text(json.dumps(CONFIG))
    started = time.perf_counter()
    with log.open("rb") as file:
        for line in itertools.islice(file, count // PARSED):
            json.loads(line)
    parsing = (time.perf_counter() - started) * PARSED
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
    """Rows of seven days as `serve` writes them, in features only."""
    generator = np.random.default_rng(seed)
    start, step = 1_790_000_000_000, 7 * 86_400_000 / count
    with path.open("w") as file:
        for first in range(0, count, _AT_ONCE):
            numbers = np.arange(first, min(first + _AT_ONCE, count))
            n = len(numbers)
            moments = (start + numbers * step).astype(np.int64).astype("datetime64[ms]")
            columns = (
                np.datetime_as_string(moments, unit="ms").tolist(),
                numbers.tolist(),
                generator.integers(2**63, size=n).tolist(),
                (generator.random(n) < 0.0004).tolist(),
                generator.choice(NAMES, size=n, p=WEIGHTS).tolist(),
                generator.lognormal(4, 0.6, n).astype(int).tolist(),
                generator.lognormal(5, 0.5, n).round(3).tolist(),
            )
            file.writelines([row(seed, *values) for values in zip(*columns, strict=True)])


def row(
    seed: int, time_of: str, number: int, noise: int, failed: bool, name: str, length: int, latency: float
) -> str:
    outcome = '"error"' if failed else f'"ok","output":{{"intent":"{name}"}}'
    return (
        f'{{"schema":"prompteval/prediction@1","time":"{time_of}Z","request_id":"{seed}{number:012x}{noise:016x}",'
        f'"prompt":"route_ticket@v1","fingerprint":"{FINGERPRINT}","model":"local/minilm","outcome":{outcome},'
        f'"features":{{"message":{{"length":{length},"language":"en"}}}},"latency_ms":{latency},'
        '"tags":{"channel":"web"}}\n'
    )


if __name__ == "__main__":
    main()
