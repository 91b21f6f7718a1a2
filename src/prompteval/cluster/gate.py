"""The gate before a model in a worker: calls go by what is leased, with a level of their own."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

from prompteval.cluster.leases.ledger import Lease
from prompteval.cluster.leases.wallet import Call, Wallet
from prompteval.cluster.messages import LeaseMessage, unpacked_answer
from prompteval.core.errors import ProviderError
from prompteval.engine.limits import Grant, Limiter
from prompteval.workspace.settings import ModelProfile

# To the desk and back: JSON in bytes. Raises OSError where the desk cannot be reached.
Exchange = Callable[[bytes], Awaitable[bytes]]


async def ask_desk(exchange: Exchange, message: bytes) -> bytes:
    """What the desk answers. Raises ProviderError(connection) where it cannot be reached."""
    try:
        return await exchange(message)
    except OSError as error:
        reason = str(error) or type(error).__name__
        raise ProviderError("connection", f"the desk of the run cannot be reached: {reason}") from error


class LeasedGrant(Grant):
    """Leave to make one call that was paid from a lease."""

    def __init__(self, tokens: int, call: Call) -> None:
        super().__init__(tokens)
        self.call = call


class LeasedGate(Limiter):
    """Requests and tokens a minute by leases; calls at a time and pauses as in one process.

    A pause that the server asked for is everybody's: it ends the lease, the desk learns it with the next
    message, and lets nobody go.
    """

    def __init__(
        self,
        exchange: Exchange,
        worker: str,
        profile: ModelProfile,
        *,
        concurrency: int,
        on_pause: Callable[[float], None] | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        super().__init__(concurrency=concurrency, clock=clock, on_pause=on_pause)
        self._exchange = exchange
        self._worker, self._rpm, self._tpm = worker, profile.rpm, profile.tpm
        self._model = profile.name
        self._now = clock
        self._wallet = Wallet(concurrency, counts_tokens=profile.tpm is not None)
        self._turn = asyncio.Lock()
        self._sizes: dict[int, int] = {}
        self._next = 0

    @property
    def counts_tokens(self) -> bool:
        return self._tpm is not None

    async def acquire(self, tokens: int = 0, group: str = "") -> Grant:
        """Wait for a place, and then for a part of a lease.

        Raises ProviderError(unsupported) for a call larger than a whole minute's tokens, and
        ProviderError(connection) where nothing can be leased.
        """
        if self._tpm is not None and tokens > self._tpm:
            message = f"the call needs about {tokens} tokens and tpm is {self._tpm:g}; raise tpm"
            raise ProviderError("unsupported", message)
        grant = await super().acquire(tokens, group)
        number, self._next = self._next, self._next + 1
        self._sizes[number] = tokens
        try:
            async with self._turn:
                call = await self._leased(number, tokens)
        except BaseException:
            super().release(grant)
            raise
        finally:
            del self._sizes[number]
        return LeasedGrant(tokens, call)

    def release(self, grant: Grant, *, tokens: int | None = None, error: ProviderError | None = None) -> None:
        """The call ended; `tokens` is what it used, None where that is not known."""
        if tokens is not None and isinstance(grant, LeasedGrant):
            self._wallet.settle(grant.call, tokens)
        super().release(grant, error=error)

    async def give_back(self) -> None:
        """Report the last lease; nothing is called any more. Raises ProviderError(connection)."""
        await ask_desk(self._exchange, self._message(give_back=True).pack())

    def _delay(self, tokens: int) -> float:
        """0: a pause is waited out in `_leased`, which tells the desk of it at once."""
        return 0.0

    async def _leased(self, number: int, tokens: int) -> Call:
        while True:
            now = self._now()
            wait = None if now < self._paused_until else self._wallet.wait(now, tokens)
            if wait == 0:
                return self._wallet.take(now, tokens)
            if wait is not None:
                await asyncio.sleep(wait)
                continue
            answer = unpacked_answer(await ask_desk(self._exchange, self._message(first=number).pack()))
            if isinstance(answer, Lease):
                self._wallet.accept(now, self._now(), answer)
            else:
                await asyncio.sleep(answer.seconds)

    def _message(self, *, first: int = 0, give_back: bool = False) -> LeaseMessage:
        """The report of what is open, and what to ask for: `first` must fit, then those that wait."""
        waiting = [size for _, size in sorted(self._sizes.items(), key=lambda one: one[0] != first)]
        now = self._now()
        report = self._wallet.close(now)
        demand = None if give_back else self._wallet.demand(waiting)
        pause = max(self._paused_until - now, 0.0)
        return LeaseMessage(self._worker, self._model, self._rpm, self._tpm, report, demand, pause)
