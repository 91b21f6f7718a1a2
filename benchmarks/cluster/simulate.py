"""A run of 10^8 cases on 1,000 workers, simulated: where the limiter, the store and the merge bend.

    python benchmarks/cluster/simulate.py [--seed N]

The ledger of limits, and the store and the codec whose speed is measured, are the product's own; the workers,
the provider and the shared store are models (cluster_model.py). Nothing of it was run on a cluster.
"""

import argparse
from dataclasses import replace
from time import perf_counter

import numpy as np
from cluster_model import Assumed, Run, Seen
from measured_rates import Rates, measured_rates
from shard_sums import REPLICATES, merged, sums_of_shard

from prompteval.cluster.leases.limit import BLOCK_SECONDS
from prompteval.stats.interval import wilson

SHARD_CASES = 1_000
FIVE_MINUTES = int(300 / BLOCK_SECONDS)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=0)
    seed, began = parser.parse_args().seed, perf_counter()
    rates = measured_rates()
    print("This machine, one core, a second:")
    print(f"  the ledger answers {rates.asks:,.0f} asks with their reports;")
    print(f"  SQLite takes {rates.rows_written:,.0f} rows, and gives back {rates.rows_read:,.0f}.\n")
    assumed = Assumed(seed=seed)
    _whole(assumed)
    _limiter(assumed, rates)
    _store(assumed)
    _merge(assumed, rates)
    print(f"simulated in {perf_counter() - began:.0f} s, seed {seed}")


def _whole(assumed: Assumed) -> None:
    seen = Run(assumed).finish()
    minutes = seen.hours * 60
    worst, stalled = seen.worst_minute, seen.stalled * BLOCK_SECONDS / 60
    print(f"The whole run: {assumed.cases:,} cases, {assumed.workers:,} workers, rpm {assumed.rpm:,}")
    for name, value in (
        ("ended after", f"{seen.hours:.2f} h"),
        ("---", "---"),
        ("calls, with those that were turned away", f"{sum(seen.calls):,.0f}"),
        ("most calls in any 60 s", f"{worst:,.0f} ({worst / assumed.rpm:.1%} of rpm)"),
        ("calls a minute, the middle nine tenths of the run", f"{_steady(seen, assumed):.1%} of rpm"),
        ("workers that died", f"{seen.deaths:,}"),
        ("possibly billed: calls in flight at a worker that died, at most", f"{seen.in_flight_lost:,}"),
        ("rows that were answered, not stored, and asked for again", f"{seen.rows_lost:,}"),
        ("time in which the store took nothing", f"{stalled:.1f} min of {minutes:.0f}"),
        ("most rows that waited for it", f"{max(seen.backlog):,}"),
        ("asks of the ledger a second", f"{seen.asks / (minutes * 60):.0f}"),
    ):
        print(f"| {name} | {value} |")
    print()


def _steady(seen: Seen, assumed: Assumed) -> float:
    """Calls a minute as a share of rpm, without the first and the last twentieth of the run."""
    edge = len(seen.calls) // 20
    inner = seen.calls[edge:-edge]
    return sum(inner) / (len(inner) / 60) / assumed.rpm


def _limiter(assumed: Assumed, rates: Rates) -> None:
    print("The limiter, five minutes of each:")
    print(
        "| workers | rpm | of a worker, a block | asks a second | of what one ledger answers | of rpm used |"
    )
    print("|---|---|---|---|---|---|")
    for workers, rpm in (
        (100, 60_000),
        (1_000, 60_000),
        (1_000, 6_000),
        (10_000, 1_000_000),
        (10_000, 60_000),
    ):
        one = replace(assumed, workers=workers, rpm=rpm, tpm=rpm * 800, stalls_a_day=0.0)
        seen = Run(one).finish(FIVE_MINUTES)
        asks = seen.asks / (FIVE_MINUTES * BLOCK_SECONDS)
        share = rpm * BLOCK_SECONDS / 60 / workers
        print(
            f"| {workers:,} | {rpm:,} | {share:.2f} calls | {asks:,.0f} | {asks / rates.asks:.1%} |"
            f" {_steady(seen, one):.1%} |"
        )
    print()


def _store(assumed: Assumed) -> None:
    print("The store, an hour of each; a stall is one in which it takes nothing:")
    print("| rows a second | stalls a day, of s | calls, of rpm | most rows waiting | workers that waited |")
    print("|---|---|---|---|---|")
    stores = [(40_000, 24.0, 90.0), (20_000, 24.0, 90.0), (17_000, 24.0, 90.0), (12_000, 0.0, 1.0)]
    for rows, stalls, length in (*stores, (40_000, 24.0, 600.0)):
        one = replace(assumed, leased=False, store_rows=rows, stalls_a_day=stalls, stall_s=length)
        seen = Run(one).finish(int(3600 / BLOCK_SECONDS))
        waited = seen.waited / (seen.blocks * one.workers)
        day, most = f"{stalls:g} of {length:g}", max(seen.backlog)
        print(f"| {rows:,} | {day} | {_steady(seen, one):.1%} | {most:,} | {waited:.1%} |")
    print()


def _merge(assumed: Assumed, rates: Rates) -> None:
    print("The merge, every row through one process, by the speed above:")
    print("| cases | read and written in |\n|---|---|")
    for cases in (100_000, 1_000_000, 10_000_000, assumed.cases):
        seconds = cases / rates.rows_read + cases / rates.rows_written
        print(f"| {cases:,} | {seconds / 60:,.1f} min |")
    rng, shards, share = np.random.default_rng(assumed.seed), assumed.cases // SHARD_CASES, 0.87
    began, right = perf_counter(), rng.binomial(SHARD_CASES, share, shards)
    sums = np.zeros((REPLICATES, 2))
    for shard in rng.permutation(shards):
        sums += sums_of_shard(int(shard), int(right[shard]), SHARD_CASES, assumed.seed)
    low, high = merged(sums)
    value, known = right.sum() / assumed.cases, wilson(int(right.sum()), assumed.cases)
    print(f"\nBy sums instead: {shards:,} shards, {REPLICATES} replicates, {perf_counter() - began:.0f} s:")
    print(f"{value:.6f}, {low:.6f} to {high:.6f}; Wilson over all rows {known.low:.6f} to {known.high:.6f}\n")


if __name__ == "__main__":
    main()
