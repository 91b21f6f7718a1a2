"""What a worker may spend of the money of a run: leased from the desk as it is needed."""

import asyncio
from collections.abc import Callable
from time import monotonic

from prompteval.cluster.gate import Exchange, ask_desk
from prompteval.cluster.messages import MoneyAnswer, MoneyMessage
from prompteval.core.errors import ProviderError
from prompteval.providers.layers import Budget

# The money of so many calls is leased at once, so that not every call needs a message.
CALLS_AT_ONCE = 8
ROUNDING_USD = 1e-9
# How often, and for how long, a worker asks again for what others hold.
ASK_AGAIN_S, HELD_S = 0.5, 60.0


class LeasedBudget(Budget):
    """A budget that grows by what is leased, and stops where nothing more is."""

    def __init__(
        self, exchange: Exchange, worker: str, limit_usd: float, clock: Callable[[], float] = monotonic
    ) -> None:
        super().__init__(0.0)
        self._exchange = exchange
        self._worker = worker
        self._of_all = limit_usd
        self._clock = clock
        self._last = MoneyAnswer(0.0, 0.0, 0.0, 0.0)
        self._begins = True  # in the place of a worker that died at the same shard, if there was one
        self._turn = asyncio.Lock()

    def _lacks(self, usd: float) -> float:
        lacks = self.spent_usd + self.reserved_usd + usd - self._limit
        return lacks if lacks > ROUNDING_USD else 0.0

    async def ensure(self, usd: float) -> None:
        """Lease more, where the next call would not be covered; wait for what others may give back.

        The wait counts from when the call came, so that many calls at a time wait no longer than one.
        Raises ProviderError(connection) where the desk cannot be reached.
        """
        if self._lacks(usd) <= 0:
            return
        until = self._clock() + HELD_S
        async with self._turn:
            while self._lacks(usd) > 0:
                await self._lease(usd)
                if self._lacks(usd) > 0 and (self._last.held_usd <= ROUNDING_USD or self._clock() > until):
                    return
                if self._lacks(usd) > 0:
                    await asyncio.sleep(ASK_AGAIN_S)

    async def _lease(self, usd: float) -> None:
        """Ask for the money of some calls; with none in flight, what is left of the last goes back first."""
        gives_back = self._begins or self.reserved_usd <= ROUNDING_USD
        if gives_back:  # what stored rows cost counts by the report alone
            self._limit = self.spent_usd + self.reserved_usd
        lacks = self._lacks(usd)
        message = MoneyMessage(
            self._worker, self.spent_usd, lacks, max(lacks, CALLS_AT_ONCE * usd),
            begins=self._begins, gives_back=gives_back and not self._begins,
        )  # fmt: skip
        self._last = MoneyAnswer.unpack(await ask_desk(self._exchange, message.pack()))
        self._begins = False
        self._limit += self._last.granted_usd

    def reserve(self, usd: float) -> None:
        """Set `usd` aside. Raises ProviderError(budget) when no more is leased."""
        if self._lacks(usd) > 0:
            last, lost = self._last, ""
            if last.lost_usd:
                lost = f", {last.lost_usd:.4f} possibly spent by workers that died"
            message = (
                f"--max-cost {self._of_all:g} is reached: {last.spent_usd:.4f} USD spent by all workers"
                f"{lost}, and the next call may cost {usd:.4f}"
            )
            raise ProviderError("budget", message)
        self.reserved_usd += usd

    async def give_back(self) -> None:
        """Report what was spent in all, and give the rest back. Raises ProviderError(connection)."""
        message = MoneyMessage(self._worker, self.spent_usd, gives_back=True)
        await ask_desk(self._exchange, message.pack())
