"""How much of a limit workers use that lease it, and the most in any 60 s, on a clock of their own.

    python benchmarks/cluster/limits.py

The ledger and the wallets are the product's; workers call as often as they may, for twenty minutes, of which
the first does not count. Messages take up to 0.2 s each way, clocks run wrong by up to 0.5 %, and in the last
rows workers live for a minute on average.
"""

import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from prompteval.cluster.leases.ledger import RateLedger
from tests.cluster.leases.leasing_workers import (
    Faults,
    World,
    calls_of,
    worst_minute,
)

MINUTES = 20
LATE, DYING = Faults(delay=0.2, drift=0.005), Faults(delay=0.2, drift=0.005, dies=60.0)


def main() -> None:
    print("| workers | limit, a minute | faults | used | most in any 60 s | asks a second |")
    print("|---|---|---|---|---|---|")
    for faults, named, counts in ((LATE, "late messages", (1, 10, 100)), (DYING, "and deaths", (1, 10))):
        for workers in counts:
            for rpm, tpm in ((60, None), (6_000, None), (None, 2_000_000)):
                _row(workers, rpm, tpm, faults, named)


def _row(workers: int, rpm: int | None, tpm: int | None, faults: Faults, named: str) -> None:
    world = World(
        RateLedger(rpm, tpm), faults, random.Random(workers), counts_tokens=tpm is not None, tokens=(50, 1950)
    )
    world.run(workers, MINUTES * 60)
    spent = calls_of(world.spent) if rpm is not None else world.spent
    limit = rpm or tpm or 1
    used = sum(units for time, units in spent if time >= 60) / (MINUTES - 1) / limit
    unit = "requests" if rpm is not None else "tokens"
    worst, asks = worst_minute(spent) / limit, world.asks / (MINUTES * 60)
    print(f"| {workers} | {limit:,} {unit} | {named} | {used:.1%} | {worst:.1%} | {asks:.1f} |")


if __name__ == "__main__":
    main()
