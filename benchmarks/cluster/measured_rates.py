"""What this machine does in a second: the ledger's answers, and rows into and out of the store of results."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from prompteval.cluster.leases.ledger import Demand, Lease, RateLedger, Spent
from prompteval.core.case import Case
from prompteval.core.observation import Observation, Row, Score
from prompteval.store.results import SqliteStore

ROWS = 20_000


@dataclass(frozen=True)
class Rates:
    """Per second, on one core."""

    asks: float
    rows_written: float
    rows_read: float


def measured_rates() -> Rates:
    """Of 50,000 asks of 1,000 workers, and of 20,000 rows."""
    return Rates(_asks(), *_rows())


def _asks(count: int = 50_000, workers: int = 1_000) -> float:
    ledger, began = RateLedger(1_000_000, None), perf_counter()
    for number in range(count):
        now = number * 5.0 / workers
        answer = ledger.ask(now, f"w{number % workers}", Demand(100))
        if isinstance(answer, Lease):
            ledger.report(now + 4, answer.number, [Spent(0.0, answer.calls, 0)])
    return count / (perf_counter() - began)


def _rows() -> tuple[float, float]:
    row = [_row(number) for number in range(ROWS)]
    with tempfile.TemporaryDirectory() as directory:
        store = SqliteStore.open(Path(directory) / "results.sqlite")
        began = perf_counter()
        store.begin_run("r", {"suites": {}, "entries": [], "options": None}, "2026-01-01T00:00:00")
        for start in range(0, ROWS, 64):
            store.add_rows(row[start : start + 64])
        store.flush()
        written = ROWS / (perf_counter() - began)
        began = perf_counter()
        read = sum(1 for _ in store.rows("r"))
        reading = read / (perf_counter() - began)
        store.close()
    return written, reading


def _row(number: int) -> Row:
    text = "x" * 300
    return Row(
        "r", "s", "p@v1", "sha256:0", "m", Case(f"c{number}", {"message": text}, {"label": "a"}), 0,
        Observation(outcome="ok", text=text, output={"label": "a"}, latency_ms=1.0),
        (Score("exact", 1.0, "scored", passed=True),),
    )  # fmt: skip
