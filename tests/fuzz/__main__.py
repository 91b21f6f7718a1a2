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
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.forks import Forks
from tests.fuzz.attempt import Attempt, Finding, attempt
from tests.fuzz.kinds import KINDS
from tests.fuzz.replies import HostileServer


@dataclass
class Tally:
    """What was tried, by kind: inputs, command lines by exit code; and each finding by kind and fault."""

    inputs: Counter[str] = field(default_factory=Counter)
    codes: dict[str, Counter[int | None]] = field(default_factory=dict)
    findings: dict[tuple[str, str], list[Finding]] = field(default_factory=dict)

    def add(self, on: Attempt) -> None:
        self.inputs[on.kind] += on.inputs
        self.codes.setdefault(on.kind, Counter()).update(on.codes)
        for finding in on.findings:
            self.findings.setdefault((finding.kind, finding.fault), []).append(finding)

    def merge(self, other: "Tally") -> None:
        self.inputs += other.inputs
        for kind, codes in other.codes.items():
            self.codes.setdefault(kind, Counter()).update(codes)
        for key, several in other.findings.items():
            self.findings.setdefault(key, []).extend(several)

    def lines(self, seed: int) -> Iterator[str]:
        for kind, codes in self.codes.items():
            told = ", ".join(f"{code} {count:,}" for code, count in sorted(codes.items(), key=str))
            yield f"{kind:12} {self.inputs[kind]:7,} inputs {codes.total():7,} command lines (exit {told})"
        total = sum(codes.total() for codes in self.codes.values())
        yield f"{'in all':12} {self.inputs.total():7,} inputs {total:7,} command lines"
        for (kind, fault), several in sorted(self.findings.items()):
            first = several[0]
            yield f"\n{kind}: {fault}\n  {len(several)} times, first: --seed {seed} --kind {kind} --number {first.number}"
            yield f"  prompteval {' '.join(first.arguments)[:300]!r}"
        yield f"{len(self.findings)} findings"


def main() -> None:
    asked = _asked()
    kinds = asked.kind or list(KINDS)
    print(f"seed {asked.seed}, {asked.seconds:g} s, {asked.workers} workers: {', '.join(kinds)}", flush=True)
    tally = Tally()
    if asked.number is not None:
        tally = work(asked.seed, iter([(kinds[0], asked.number)]), asked.seconds)
    else:
        numbers = [_numbers(kinds, worker, asked.workers, asked.seed) for worker in range(asked.workers)]
        with ThreadPoolExecutor(asked.workers) as pool:  # the command lines run in processes of their own
            for one in pool.map(lambda each: work(asked.seed, each, asked.seconds), numbers):
                tally.merge(one)
    print("\n".join(tally.lines(asked.seed)))
    shown = [finding for several in tally.findings.values() for finding in several[:3]]
    if asked.report is not None:
        asked.report.write_text("\n\n".join(f"{finding.short}\n{finding.told}" for finding in shown))
    elif asked.number is not None:
        print("\n\n".join(finding.told for finding in shown))
    sys.exit(1 if tally.findings else 0)


def _asked() -> Any:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument(
        "--seconds", type=float, default=180.0, help="How long, at the start of the last input."
    )
    parser.add_argument("--seed", type=int, default=int(time.time()), help="Without one, another each time.")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kind", action="append", choices=list(KINDS), help="Only this; repeat for several.")
    parser.add_argument("--number", type=int, help="This input of one kind again, with all that was printed.")
    parser.add_argument("--report", type=Path, help="Write what was printed at each finding to this file.")
    return parser.parse_args()


def work(seed: int, numbers: Iterator[tuple[str, int]], seconds: float) -> Tally:
    """Inputs by kind and number until the time is over."""
    tally = Tally()
    until = time.monotonic() + seconds
    forks, server = Forks(), HostileServer()
    for kind, number in numbers:
        if time.monotonic() > until:
            break
        with attempt(kind, seed, number, forks, server) as on:
            KINDS[kind](on)
            tally.add(on)
    forks.close()
    server.close()
    return tally


def _numbers(kinds: list[str], worker: int, workers: int, seed: int) -> Iterator[tuple[str, int]]:
    """Every kind once a round, in an order that changes, so that none is left out when the time is over."""
    number = worker
    order = Random(f"{seed}:{worker}")
    while True:
        for kind in order.sample(kinds, len(kinds)):
            yield kind, number
        number += workers


if __name__ == "__main__":
    main()
