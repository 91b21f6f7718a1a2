"""The ledger of a model's requests and tokens a minute, from which workers lease blocks.

A lease holds for BLOCK_SECONDS from when it was asked for, by the worker's own clock: a message that is slow
shortens it, and a clock that is wrong changes nothing. Until it is reported, all of it counts as spent
at its end; then only what was spent, from when that was. A worker that dies reports nothing, so what it held
counts to the end of its window, and no longer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from prompteval.cluster.leases.limit import BLOCK_SECONDS, LeasedLimit, Promise
from prompteval.engine.limits.sliding_window import MINUTE

# How often all workers together ask, where there is nothing to lease.
ASKS_A_SECOND = 200


@dataclass(frozen=True, slots=True)
class Demand:
    """The calls that a worker could make in a block, the tokens of all of them, and of the first."""

    calls: int
    tokens: int = 0
    first: int = 0


@dataclass(frozen=True, slots=True)
class Lease:
    """Leave for so many calls and tokens, for `seconds` from when it was asked for.

    Where less was leased than asked for, the calls are to be `every_s` seconds apart, else 0.
    """

    number: int
    calls: int
    tokens: int
    seconds: float
    every_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can be leased; ask again after so long."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Spent:
    """Calls and tokens that were spent so long before the report, or a little earlier."""

    age_s: float
    calls: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Correction:
    """Tokens beyond what a call was counted for, negative where it needed fewer; `age_s` as in Spent."""

    age_s: float
    tokens: int


@dataclass(frozen=True, slots=True)
class _Held:
    """A lease that is not reported yet."""

    ends: float
    calls: Promise | None
    tokens: Promise | None


class RateLedger:
    """Leases one model's `rpm` requests and `tpm` tokens a minute; None leaves one out.

    Times are the ledger's own clock, in seconds, never going back. In any 60 s at most the limits are
    spent, as long as workers spend what they lease while it holds.
    """

    def __init__(self, rpm: int | None, tpm: int | None) -> None:
        self.calls = LeasedLimit(rpm) if rpm is not None else None
        self.tokens = LeasedLimit(tpm) if tpm is not None else None
        self._held: dict[int, _Held] = {}
        self._asked: dict[str, float] = {}
        self._counted_at = float("-inf")
        self._paused_until = float("-inf")
        self._next = 1

    def ask(self, now: float, worker: str, demand: Demand) -> Lease | Wait:
        """A lease of at most what is asked for, a fair share at most where others ask as well."""
        self._forget(now)
        self._asked[worker] = now
        if now < self._paused_until:
            return Wait(self._paused_until - now)
        workers, calls, tokens = len(self._asked), max(demand.calls, 1), 0
        if self.calls is not None:
            calls = min(calls, self.calls.available(now, workers))
        if self.tokens is not None:
            tokens = min(demand.tokens, self.tokens.available(now, workers))
            if tokens < demand.first:  # a call that is larger than a share is leased alone
                fits = self.tokens.fits(now, demand.first)
                calls, tokens = min(calls, int(fits)), demand.first
            else:
                mean = max(demand.tokens / max(demand.calls, 1), 1.0)
                calls = min(calls, max(int(tokens / mean), 1))
                tokens = min(tokens, max(int(calls * mean), demand.first))
        if calls < 1:
            return Wait(self._wait(now, demand))
        return self._lease(now, calls, tokens, demand)

    def report(
        self, now: float, number: int, spent: Sequence[Spent], corrections: Sequence[Correction] = ()
    ) -> None:
        """What was spent of a lease, which ends with it; one that is reported twice is ignored."""
        held = self._held.pop(number, None)
        if held is not None:
            times = [min(now - one.age_s, held.ends) for one in spent]
            if self.calls is not None and held.calls is not None:
                calls = [one.calls for one in spent]
                self.calls.settle(held.calls, [*zip(times, calls, strict=True)])
            if self.tokens is not None and held.tokens is not None:
                tokens = [one.tokens for one in spent]
                self.tokens.settle(held.tokens, [*zip(times, tokens, strict=True)])
        if self.tokens is not None:
            for one in corrections:
                self.tokens.correct(now - one.age_s, one.tokens)

    def pause(self, now: float, seconds: float) -> None:
        """Lease nothing for so long; a longer pause that runs already stays."""
        self._paused_until = max(self._paused_until, now + seconds)

    def hold_everything(self, now: float) -> None:
        """Begin as if all had just been leased: what an earlier ledger leased is not known."""
        for limit in (self.calls, self.tokens):
            if limit is not None:
                limit.minute.put(now + BLOCK_SECONDS, limit.minute.limit)

    def _lease(self, now: float, calls: int, tokens: int, demand: Demand) -> Lease:
        number, self._next = self._next, self._next + 1
        self._held[number] = _Held(
            now + BLOCK_SECONDS,
            self.calls.promise(now, calls) if self.calls is not None else None,
            self.tokens.promise(now, tokens) if self.tokens is not None else None,
        )
        apart = self._every_s(demand) if calls < demand.calls else 0.0
        return Lease(number, calls, tokens, BLOCK_SECONDS, apart)

    def _every_s(self, demand: Demand) -> float:
        """Seconds between the calls of one worker that has its share of each limit."""
        apart = BLOCK_SECONDS / self.calls.block.limit if self.calls is not None else 0.0
        if self.tokens is not None:
            apart = max(apart, BLOCK_SECONDS * demand.tokens / demand.calls / self.tokens.block.limit)
        return min(apart * len(self._asked), BLOCK_SECONDS)

    def _wait(self, now: float, demand: Demand) -> float:
        waits = [min(len(self._asked) / ASKS_A_SECOND, BLOCK_SECONDS)]
        if self.calls is not None:
            waits.append(self.calls.wait(now, 1))
        if self.tokens is not None:
            waits.append(self.tokens.wait(now, demand.first))
        return max(waits)

    def _forget(self, now: float) -> None:
        """Forget workers that no longer ask, and leases that were never reported and count no more."""
        if now - self._counted_at < BLOCK_SECONDS:
            return
        self._counted_at = now
        for worker in [name for name, asked in self._asked.items() if asked < now - 2 * BLOCK_SECONDS]:
            del self._asked[worker]
        for number in [number for number, held in self._held.items() if held.ends < now - 2 * MINUTE]:
            del self._held[number]
