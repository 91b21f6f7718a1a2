"""One limit of a model: over a minute, and over a block, which spreads what is leased over the minute."""

from collections.abc import Sequence
from dataclasses import dataclass

from prompteval.cluster.leases.window import LeasedWindow
from prompteval.engine.limits.sliding_window import MINUTE

BLOCK_SECONDS = 5.0
# Over a block so much more may be leased than an even share of the minute: what was rounded down is made up.
AHEAD = 1.1


@dataclass(frozen=True, slots=True)
class Promise:
    """Units of a lease that is not reported yet, with their places in the two windows."""

    amount: int
    place: int
    paced_place: int


class LeasedLimit:
    """Units that are promised when they are leased, and counted from when they were spent once reported."""

    def __init__(self, limit: int) -> None:
        self.minute = LeasedWindow(limit)
        self.block = LeasedWindow(limit * AHEAD * BLOCK_SECONDS / MINUTE + 1, BLOCK_SECONDS)

    def available(self, now: float, workers: int) -> int:
        """What one of so many workers may have of what is free: its share of a block, or one."""
        share = max(int(self.block.limit / workers), 1)
        return max(int(min(self.minute.free(now), self.block.free(now), share)), 0)

    def fits(self, now: float, amount: int) -> bool:
        """Whether so much is free, however large its part of a block."""
        return self.minute.free(now) >= amount and self.block.free(now) >= 1

    def wait(self, now: float, amount: int) -> float:
        """Seconds until so much may be leased."""
        return max(self.minute.wait(now, min(amount, self.minute.limit)), self.block.wait(now, 1))

    def promise(self, now: float, amount: int) -> Promise:
        """Count units as if they were all spent at the lease's end."""
        return Promise(amount, self.minute.put(now + BLOCK_SECONDS, amount), self.block.put(now, amount))

    def settle(self, promise: Promise, spent: Sequence[tuple[float, int]]) -> None:
        """Count (time, units) that were spent instead of what was promised."""
        self.minute.take_back(promise.place, promise.amount)
        for time, amount in spent:
            if amount > 0:
                self.minute.put(time, amount)
        unspent = promise.amount - sum(amount for _, amount in spent)
        self.block.take_back(promise.paced_place, max(unspent, 0))

    def correct(self, time: float, amount: int) -> None:
        """Count what was spent at a time for more, or for less."""
        if amount > 0:
            self.minute.put(time, amount)
        else:
            self.minute.take_back_earlier(self.minute.place(time), -amount)
