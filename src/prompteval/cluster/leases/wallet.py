"""What a worker holds of a model's limits: one lease at a time, spent evenly, reported when it ends."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from prompteval.cluster.leases.ledger import Correction, Demand, Lease, Spent

# Ages in a report are rounded down to this, in seconds: a call counts from a little later than it was made.
AGE_STEP = 0.5
# The next lease asks for so many times what the last one used, and twice as much where calls had to wait.
MORE = 1.25


@dataclass(slots=True)
class Call:
    """A call that was paid from a lease: when it started, and the tokens that it counts for."""

    started: float
    tokens: int
    lease: int


@dataclass(frozen=True, slots=True)
class Report:
    """The end of a lease (number 0: there was none), and what calls of earlier ones turned out to use."""

    number: int
    spent: tuple[Spent, ...] = ()
    corrections: tuple[Correction, ...] = ()


@dataclass(slots=True)
class _Open:
    """The lease that is being spent."""

    lease: Lease
    received: float
    ends: float
    tokens_left: int
    calls: list[Call] = field(default_factory=list)
    delayed: bool = False


class Wallet:
    """Calls are made from the lease that is open; where it does not reach, a new one is needed.

    `expected` is how many calls the first lease should hold. Times are the worker's own clock.
    """

    def __init__(self, expected: int, *, counts_tokens: bool) -> None:
        self._expected = expected
        self._counts_tokens = counts_tokens
        self._open: _Open | None = None
        self._late: list[tuple[float, int]] = []
        self._mean_tokens = 0.0

    def wait(self, now: float, tokens: int) -> float | None:
        """Seconds until a call may start from the open lease; None where a new lease is needed."""
        held = self._open
        if held is None or now >= held.ends or len(held.calls) >= held.lease.calls:
            return None
        if self._counts_tokens and tokens > held.tokens_left:
            return None
        at = held.received + len(held.calls) * held.lease.every_s
        if at >= held.ends:
            return None
        held.delayed = held.delayed or at > now
        return max(at - now, 0.0)

    def take(self, now: float, tokens: int) -> Call:
        """Start a call; `wait` has said that it may."""
        held = self._open
        if held is None:
            raise LookupError("no lease is open")
        call = Call(now, tokens, held.lease.number)
        held.calls.append(call)
        held.tokens_left -= tokens
        self._mean_tokens += (tokens - self._mean_tokens) / 16 if self._mean_tokens else tokens
        return call

    def settle(self, call: Call, tokens: int) -> None:
        """A call turned out to use so many tokens."""
        more = tokens - call.tokens
        held = self._open
        if held is not None and held.lease.number == call.lease:
            call.tokens = tokens
            held.tokens_left -= more
        elif more and self._counts_tokens:
            self._late.append((call.started, more))

    def demand(self, waiting: Sequence[int]) -> Demand:
        """What to ask for, where calls of so many tokens each wait; the first of them must fit."""
        calls = max(self._expected, len(waiting), 1)
        first = waiting[0] if waiting else 0
        tokens = max(round(calls * max(self._mean_tokens, 1)), sum(waiting)) if self._counts_tokens else 0
        return Demand(calls, tokens, first if self._counts_tokens else 0)

    def close(self, now: float) -> Report:
        """End the open lease; what was not spent goes back."""
        held, self._open = self._open, None
        late, self._late = self._late, []
        corrections = tuple(Correction(_age(now, started), tokens) for started, tokens in late)
        if held is None:
            return Report(0, (), corrections)
        used = len(held.calls)
        spent_all = used == held.lease.calls
        self._expected = max(2 * used if spent_all or held.delayed else round(MORE * used), 1)
        spent: dict[float, list[int]] = {}
        for call in held.calls:
            sums = spent.setdefault(_age(now, call.started), [0, 0])
            sums[0] += 1
            sums[1] += call.tokens
        found = tuple(Spent(age, calls, tokens) for age, (calls, tokens) in sorted(spent.items()))
        return Report(held.lease.number, found, corrections)

    def accept(self, asked: float, received: float, lease: Lease) -> None:
        """A lease that was asked for then has come now; it holds from when it was asked for."""
        self._open = _Open(lease, received, asked + lease.seconds, lease.tokens)


def _age(now: float, started: float) -> float:
    """Seconds between, rounded down."""
    return (now - started) // AGE_STEP * AGE_STEP
