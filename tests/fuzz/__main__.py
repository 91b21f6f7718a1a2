"""`python -m tests.fuzz`: hostile inputs of every kind for some minutes; what was tried and what was found.

Each input has a number, and a seed and a number give the same input again:
`python -m tests.fuzz --seed 1 --kind suites --number 40`.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

from tests.forks import Forks
from tests.fuzz.attempt import Finding, attempt
from tests.fuzz.kinds import KINDS
from tests.fuzz.replies import HostileServer


def main() -> None:
    asked = _asked()
    started = time.monotonic()
    kinds = asked.kind or list(KINDS)
    print(f"seed {asked.seed}, {asked.seconds:g} s, {asked.workers} workers: {', '.join(kinds)}", flush=True)
    if asked.number is not None:
        sys.exit(_again(asked))
    jobs = [(asked.seed, kinds, worker, asked.workers, asked.seconds) for worker in range(asked.workers)]
    tried: Counter[str] = Counter()
    runs: Counter[str] = Counter()
    findings: dict[tuple[str, str], list[Finding]] = {}
    with ThreadPoolExecutor(asked.workers) as pool:  # the command lines run in processes of their own
        for inputs, commands, found in pool.map(work, jobs):
            tried.update(inputs)
            runs.update(commands)
            for finding in found:
                findings.setdefault((finding.kind, finding.fault), []).append(finding)
    for kind in kinds:
        print(f"{kind:12} {tried[kind]:7,} inputs {runs[kind]:7,} command lines")
    print(
        f"{'in all':12} {tried.total():7,} inputs {runs.total():7,} command lines in {time.monotonic() - started:.0f} s"
    )
    for (kind, fault), several in sorted(findings.items()):
        print(
            f"\n{kind}: {fault}\n  {len(several)} times, first: --seed {asked.seed} --kind {kind} --number {several[0].number}"
        )
        print(f"  prompteval {' '.join(several[0].arguments)!r}")
    if asked.report is not None:
        asked.report.write_text(
            "\n\n".join(f"{one}\n{one.told}" for several in findings.values() for one in several[:3])
        )
    print(f"{len(findings)} findings")
    sys.exit(1 if findings else 0)


def _asked() -> Any:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--kind", action="append", choices=list(KINDS), help="Only this kind; repeat for several."
    )
    parser.add_argument(
        "--number", type=int, help="This input of one kind again, with everything that was printed."
    )
    parser.add_argument("--report", type=Path, help="Write what was printed at each finding to this file.")
    return parser.parse_args()


def work(job: tuple[int, list[str], int, int, float]) -> tuple[Counter[str], Counter[str], list[Finding]]:
    """Inputs of all kinds in turn until the time is over; each worker has numbers of its own."""
    seed, kinds, worker, workers, seconds = job
    tried: Counter[str] = Counter()
    commands: Counter[str] = Counter()
    found: list[Finding] = []
    until = time.monotonic() + seconds
    forks, server = Forks(), HostileServer()
    for kind, number in _numbers(kinds, worker, workers, seed):
        if time.monotonic() > until:
            break
        with attempt(kind, seed, number, forks, server) as on:
            before = forks.count
            KINDS[kind](on)
            tried[kind] += on.inputs
            commands[kind] += forks.count - before
            found += on.findings
    forks.close()
    return tried, commands, found


def _numbers(kinds: list[str], worker: int, workers: int, seed: int) -> Iterator[tuple[str, int]]:
    """Every kind once a round, in an order that changes, so that none is left out when the time is over."""
    number = worker
    order = Random(f"{seed}:{worker}")
    while True:
        for kind in order.sample(kinds, len(kinds)):
            yield kind, number
        number += workers


def _again(asked: Any) -> int:
    forks, server = Forks(), HostileServer()
    with attempt(asked.kind[0], asked.seed, asked.number, forks, server) as on:
        KINDS[asked.kind[0]](on)
        for finding in on.findings:
            print(f"{finding.fault}\nprompteval {finding.arguments}\n{finding.told}\n")
    forks.close()
    return 1 if on.findings else 0


if __name__ == "__main__":
    main()
