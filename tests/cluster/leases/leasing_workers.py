"""Workers that lease from a ledger, as events on a clock of their own: late messages, deaths, wrong clocks."""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from prompteval.cluster.leases.ledger import Lease, RateLedger, Wait
from prompteval.cluster.leases.wallet import Wallet


@dataclass(frozen=True)
class Faults:
    """Messages take up to `delay` seconds, a worker dies every `dies` seconds, clocks run wrong by `drift`."""

    delay: float = 0.02
    dies: float = 0.0
    drift: float = 0.0


@dataclass
class Worker:
    name: str
    wallet: Wallet
    offset: float
    rate: float
    alive: bool = True

    def clock(self, now: float) -> float:
        return self.offset + self.rate * now


@dataclass
class World:
    """`spent` are (true time, tokens) of every call; `later` is what runs when."""

    ledger: RateLedger
    faults: Faults
    rng: random.Random
    counts_tokens: bool
    tokens: tuple[int, int] = (1, 1)
    seconds_a_call: float = 0.0
    expected: int = 32
    spent: list[tuple[float, int]] = field(default_factory=list)
    now: float = 0.0
    later: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    made: int = 0
    asks: int = 0

    def at(self, seconds: float, work: Callable[[], None]) -> None:
        self.made += 1
        heapq.heappush(self.later, (self.now + seconds, self.made, work))

    def start(self) -> None:
        """A worker, with a clock that nobody else has."""
        worker = Worker(
            f"w{self.made}",
            Wallet(self.expected, counts_tokens=self.counts_tokens),
            self.rng.uniform(-1e6, 1e6),
            1 + self.rng.uniform(-1, 1) * self.faults.drift,
        )
        self.at(self.rng.uniform(0, 1), lambda: self.step(worker, self.size()))
        if self.faults.dies:
            self.at(self.rng.expovariate(1 / self.faults.dies), lambda: self.die(worker))

    def die(self, worker: Worker) -> None:
        worker.alive = False
        self.start()

    def size(self) -> int:
        return self.rng.randint(*self.tokens)

    def step(self, worker: Worker, size: int) -> None:
        """Make every call that may be made now, then wait, or ask for a new lease."""
        while worker.alive:
            wait = worker.wallet.wait(worker.clock(self.now), size)
            if wait is None:
                return self.ask(worker, size)
            if wait > 0:
                return self.at(wait, partial(self.step, worker, size))
            worker.wallet.take(worker.clock(self.now), size)
            self.spent.append((self.now, size))
            size = self.size()
            if self.seconds_a_call:
                later = self.seconds_a_call
                return self.at(later, partial(self.step, worker, size))
        return None

    def ask(self, worker: Worker, size: int) -> None:
        asked = worker.clock(self.now)
        report = worker.wallet.close(asked)
        demand = worker.wallet.demand([size])
        self.asks += 1

        def arrive() -> None:
            self.ledger.report(self.now, report.number, report.spent, report.corrections)
            answer = self.ledger.ask(self.now, worker.name, demand)
            self.at(self.rng.uniform(0, self.faults.delay), lambda: answered(answer))

        def answered(answer: Lease | Wait) -> None:
            if not worker.alive:
                return
            if isinstance(answer, Lease):
                worker.wallet.accept(asked, worker.clock(self.now), answer)
                self.step(worker, size)
            else:
                self.at(answer.seconds, lambda: self.ask(worker, size))

        self.at(self.rng.uniform(0, self.faults.delay), arrive)

    def run(self, workers: int, seconds: float) -> None:
        for _ in range(workers):
            self.start()
        while self.later and self.later[0][0] < seconds:
            self.now, _, work = heapq.heappop(self.later)
            work()


def worst_minute(spent: list[tuple[float, int]]) -> int:
    """The most units in any 60 s."""
    worst = total = first = 0
    for time, units in spent:
        total += units
        while spent[first][0] <= time - 60:
            total -= spent[first][1]
            first += 1
        worst = max(worst, total)
    return worst


def calls_of(spent: list[tuple[float, int]]) -> list[tuple[float, int]]:
    return [(time, 1) for time, _ in spent]
