"""Workers, a provider and a store in blocks of five seconds; the ledger between them is the product's own."""

import math
from dataclasses import dataclass, field

import numpy as np

from prompteval.cluster.leases.ledger import Demand, Lease, RateLedger, Spent
from prompteval.cluster.leases.limit import BLOCK_SECONDS


@dataclass(frozen=True)
class Assumed:
    """What is assumed of machines that were not there."""

    cases: int = 100_000_000
    workers: int = 1_000
    rpm: int = 1_000_000
    tpm: int = 800_000_000
    tokens: int = 700  # a call, on average
    at_a_time: int = 100  # calls of a worker
    latency_s: float = 1.2  # median; log-normal: one call in a hundred takes ten times as long
    latency_sigma: float = 1.0
    turned_away: float = 0.005  # share of calls that end in 429
    lives_h: float = 6.0  # a worker, on average
    back_s: float = 60.0  # until its place is filled again
    store_rows: int = 40_000  # a second
    stalls_a_day: float = 24.0
    stall_s: float = 90.0  # on average
    unstored: int = 2_000  # rows that a worker holds before it makes no more calls
    leased: bool = True  # by the ledger; else every worker has an even share
    seed: int = 0


@dataclass
class Seen:
    """What happened. `calls` and `backlog` have an entry a second and a block."""

    blocks: int = 0
    calls: list[float] = field(default_factory=list)
    backlog: list[int] = field(default_factory=list)
    asks: int = 0
    turned_away: int = 0
    in_flight_lost: int = 0
    rows_lost: int = 0
    deaths: int = 0
    stalled: int = 0
    waited: int = 0  # blocks of workers that made no call, since too much was unstored

    @property
    def hours(self) -> float:
        return self.blocks * BLOCK_SECONDS / 3600

    @property
    def worst_minute(self) -> float:
        """The most calls in any 60 s."""
        sums = np.concatenate([[0.0], np.cumsum(self.calls)])
        return float((sums[60:] - sums[:-60]).max()) if len(sums) > 60 else float(sums[-1])


class Run:
    """The state of all workers, one entry each, and of the store between them and the merge."""

    def __init__(self, assumed: Assumed) -> None:
        self.assumed = assumed
        self.rng = np.random.default_rng(assumed.seed)
        self.ledger = RateLedger(assumed.rpm, assumed.tpm)
        self.names = [f"w{number}" for number in range(assumed.workers)]
        self.leases: dict[int, Lease] = {}
        self.dead_until = np.zeros(assumed.workers)
        self.unstored = np.zeros(assumed.workers, dtype=int)
        self.stalled_until = 0.0
        self.todo, self.stored = assumed.cases, 0
        self.seen = Seen()

    def finish(self, most_blocks: int = 10**9) -> Seen:
        """Block after block until every case is stored."""
        while self.stored < self.assumed.cases and self.seen.blocks < most_blocks:
            self.block(self.seen.blocks * BLOCK_SECONDS)
            self.seen.blocks += 1
        return self.seen

    def block(self, now: float) -> None:
        """Five seconds of every worker, and of the store."""
        self.die(now)
        able = self.able(now)
        self.seen.calls += [0.0] * (int(now + 3 * BLOCK_SECONDS) - len(self.seen.calls))
        made = self.lease(now, able) if self.assumed.leased else np.minimum(able, self.even_share)
        self.spread(now, made)
        refused = self.rng.binomial(made, self.assumed.turned_away)
        self.seen.turned_away += int(refused.sum())
        self.unstored += made - refused
        self.todo -= int((made - refused).sum())
        self.store(now)

    @property
    def even_share(self) -> int:
        """The calls of a worker in a block without the ledger, where that is not what is looked at."""
        return int(self.assumed.rpm * BLOCK_SECONDS / 60 / self.assumed.workers)

    def able(self, now: float) -> np.ndarray:
        """How many calls each worker can make in the block, if nobody limits it."""
        one = self.assumed
        mean = one.latency_s * math.exp(one.latency_sigma**2 / 2)
        noise = np.exp(self.rng.normal(0, one.latency_sigma / math.sqrt(one.at_a_time), one.workers))
        able = (one.at_a_time * BLOCK_SECONDS / (mean * noise)).astype(int)
        able[self.dead_until > now] = 0
        waits = (self.unstored >= one.unstored) & (able > 0)
        self.seen.waited += int(np.count_nonzero(waits))
        able[waits] = 0
        return able

    def lease(self, now: float, able: np.ndarray) -> np.ndarray:
        """What every worker calls: each reports its last lease and takes the next, one after the other."""
        made, left, tokens = [0] * len(able), self.todo, self.assumed.tokens
        for place, wanted in enumerate(np.minimum(able, max(left, 0)).tolist()):
            if wanted <= 0 or left <= 0:
                continue
            at = now + BLOCK_SECONDS * place / len(made)
            if (last := self.leases.pop(place, None)) is not None:
                half = last.calls // 2
                rest = last.calls - half
                spent = (Spent(2.5, half, half * tokens), Spent(0.0, rest, rest * tokens))
                self.ledger.report(at, last.number, spent)
            answer = self.ledger.ask(at, self.names[place], Demand(wanted, wanted * tokens, tokens))
            self.seen.asks += 1
            if isinstance(answer, Lease):
                self.leases[place] = answer
                made[place], left = answer.calls, left - answer.calls
        return np.array(made)

    def spread(self, now: float, made: np.ndarray) -> None:
        """Each worker makes its calls evenly, in the five seconds from when it asked."""
        asked = now + BLOCK_SECONDS * np.arange(len(made)) / len(made)
        calls = np.array(self.seen.calls[int(now) :])
        for second in range(5):
            np.add.at(calls, (asked - now).astype(int) + second, made / 5)
        self.seen.calls[int(now) :] = calls.tolist()

    def die(self, now: float) -> None:
        """Workers die: what was in flight, or answered and not stored, is asked for again."""
        one = self.assumed
        chance = BLOCK_SECONDS / (one.lives_h * 3600)
        dying = (self.rng.random(one.workers) < chance) & (self.dead_until <= now)
        self.seen.deaths += int(dying.sum())
        self.seen.in_flight_lost += int(dying.sum()) * min(one.at_a_time, self.todo or 1)
        lost = int(self.unstored[dying].sum())
        self.seen.rows_lost += lost
        self.todo += lost
        self.unstored[dying] = 0
        self.dead_until[dying] = now + one.back_s
        for place in np.flatnonzero(dying):
            self.leases.pop(int(place), None)  # it is never reported

    def store(self, now: float) -> None:
        """The store takes rows, the fullest workers first; at times it takes none."""
        one = self.assumed
        if now >= self.stalled_until and self.rng.random() < one.stalls_a_day * BLOCK_SECONDS / 86_400:
            self.stalled_until = now + float(self.rng.exponential(one.stall_s))
        waiting = int(self.unstored.sum())
        if now < self.stalled_until:
            self.seen.stalled += 1
        elif waiting:
            share = min(one.store_rows * BLOCK_SECONDS / waiting, 1.0)
            taken = np.floor(self.unstored * share).astype(int) if share < 1 else self.unstored
            self.stored += int(taken.sum())
            self.unstored = self.unstored - taken
        self.seen.backlog.append(int(self.unstored.sum()))
