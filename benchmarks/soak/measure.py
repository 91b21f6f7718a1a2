"""A long run against a bad server: 5 % 429, 3 % 500, 1 % resets, 0.5 % hangs, 0.5 % broken JSON.

    .venv/bin/python benchmarks/soak/measure.py [CASES]      (default 20,000)

Every case must end scored or with a named error, none twice; the attempts of the results, of the
journal and of the server must be the same number; nothing may be left open. The run is in this
process, so that its tasks and files can be counted; the server is the packaged one, in a thread,
since its faults are seeded by kind. Exit 1 when something does not add up.
"""

import gc
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "runner"))

from measure import LABELS, workspace

from prompteval.engine.progress import Progress
from prompteval.engine.run import run_suites
from prompteval.plan.run_options import RunOptions
from prompteval.store.results import SqliteStore
from prompteval.testing.server import FakeServer, Fault, FaultRates, Reply
from prompteval.workspace.settings import find_workspace

CONCURRENCY = 100
RATES = FaultRates(
    (
        (Fault("status", 429, "rate_limit_exceeded", {"retry-after-ms": "50"}), 0.05),
        (Fault("status", 500), 0.03),
        (Fault("reset"), 0.01),
        (Fault("hang"), 0.005),
        (Fault("bad_json"), 0.005),
    ),
    seed=20,
)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0


def main() -> None:
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    replies = [Reply(label, output={"intent": label}) for label in LABELS]
    os.environ["FAKE_KEY"] = "sk-fake"
    files = open_files()
    with (
        tempfile.TemporaryDirectory() as name,
        FakeServer(replies, rates=RATES, latency_s=0.05, keep=False) as server,
    ):
        directory = Path(name)
        workspace(directory, cases, server.url, "timeout_s = 2.0\nmax_attempts = 8\n")
        started, cpu = time.perf_counter(), time.process_time()
        view = run_suites(find_workspace(directory), RunOptions(concurrency=CONCURRENCY), Progress())
        wall, cpu = time.perf_counter() - started, time.process_time() - cpu
        result = view.results[0]
        store = SqliteStore.open(directory / ".prompteval" / "results.sqlite", readonly=True)
        rows = Counter((row.case.id, row.replicate) for row in store.rows(view.run_id))
        unnamed = sum(
            row.observation.outcome == "error" and row.observation.failure is None
            for row in store.rows(view.run_id)
        )
        outcomes = Counter(str(one[8]) for one in store.attempts(view.run_id))
        store.close()
        gc.collect()
        hanging = server.stats["connections"] - server.stats["closed"]
        checks = {
            "every case has one row": set(rows.values()) == {1} and len(rows) == cases,
            "every case is scored or has a named error": not unnamed
            and result.cases["scored"] + result.cases["errors"] == cases,
            "attempts of the results are the server's": result.usage["attempts"] == server.stats["requests"],
            "attempts of the journal are the server's": outcomes.total() == server.stats["requests"],
            "answers of the server are the scored cases": server.stats["answer"] == result.cases["scored"],
            "no connection is left open": hanging == 0,
        }
    checks["no file is left open"] = open_files() <= files
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{cases:,} cases, {wall:.1f} s, {cpu / cases * 1000:.3f} ms of processor a case with the server's,"
    )
    print(f"{server.stats['requests']:,} requests, peak {server.stats['peak']} at a time, {peak:.0f} MB")
    print(f"faults of the server: {dict(sorted(server.stats.items()))}")
    print(f"ends of attempts:     {dict(sorted(outcomes.items()))}")
    print(f"cases: {dict(result.cases)}; usage: {dict(result.usage)}\n")
    for title, held in checks.items():
        print(f"{'holds' if held else 'FAILS'}  {title}")
    sys.exit(0 if all(checks.values()) else 1)


if __name__ == "__main__":
    main()
