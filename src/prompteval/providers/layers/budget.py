"""The money a run may spend: reserved before a case is sent, settled when it has ended."""

from prompteval.core.errors import ProviderError
from prompteval.core.protocols import Provider
from prompteval.core.request import Request, Response
from prompteval.providers.layers.base import Layer
from prompteval.providers.prices import Price
from prompteval.providers.size import Sizes


class Budget:
    """A hard stop in USD that counts what is reserved as spent. One for all models of a run."""

    def __init__(self, limit_usd: float, spent_usd: float = 0.0) -> None:
        self._limit = limit_usd
        self.spent_usd = spent_usd
        self.reserved_usd = 0.0

    async def ensure(self, usd: float) -> None:
        """Get what may be missing for `reserve`; a budget of one process has nowhere to get it from."""

    def reserve(self, usd: float) -> None:
        """Set `usd` aside. Raises ProviderError(budget) when the limit would be passed."""
        if self.spent_usd + self.reserved_usd + usd > self._limit:
            message = (
                f"--max-cost {self._limit:g} is reached: {self.spent_usd:.4f} USD spent,"
                f" {self.reserved_usd:.4f} reserved, and the next call may cost {usd:.4f}"
            )
            raise ProviderError("budget", message)
        self.reserved_usd += usd

    def settle(self, reserved_usd: float, spent_usd: float) -> None:
        """What was set aside became what was spent."""
        self.reserved_usd = max(self.reserved_usd - reserved_usd, 0.0)
        self.spent_usd += spent_usd


class BudgetLayer(Layer):
    """Lets a case through only while the money lasts.

    A case costs what its reply says it used, and for each attempt before it that may have been
    billed without an answer, what was reserved for one.
    """

    def __init__(self, inner: Provider, budget: Budget, price: Price, sizes: Sizes) -> None:
        super().__init__(inner)
        self._budget = budget
        self._price = price
        self._sizes = sizes

    async def complete(self, request: Request) -> Response:
        expected = self._price.of(*self._sizes.expected(request))
        await self._budget.ensure(expected)
        self._budget.reserve(expected)
        spent = 0.0
        try:
            response = await self._inner.complete(request)
            usage = response.usage
            known = self._price.of_usage(usage) if usage is not None else None
            spent = expected if known is None else known
            spent += expected * int(response.details.get("possibly_billed", 0))
            if usage is not None and usage.completion_tokens is not None:
                self._sizes.learn(usage.completion_tokens)
            return response
        except ProviderError as error:
            spent = expected * error.billed_attempts
            raise
        except BaseException:  # cancelled on its way: it may have been billed
            spent = expected
            raise
        finally:
            self._budget.settle(expected, spent)
