"""Calls again what may pass, with patience that depends on what went wrong."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace

from prompteval.core.errors import ProviderError
from prompteval.core.protocols import Provider
from prompteval.core.request import Request, Response
from prompteval.providers.layers.base import Layer

Sleep = Callable[[float], Awaitable[None]]
# What an attempt may take at most, where the case's own deadline leaves less than the attempt's.
SECONDS_LEFT: ContextVar[float | None] = ContextVar("seconds_left", default=None)


@dataclass(slots=True)
class CaseClock:
    """What a case that makes several calls has spent of its deadline, in seconds."""

    spent_s: float = 0.0


CLOCK: ContextVar[CaseClock | None] = ContextVar("case_clock", default=None)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The ceiling of the first wait, doubled each time up to the longest; both in seconds."""

    first: float
    longest: float


PATIENCE = {
    "rate_limit": RetryPolicy(1.0, 60.0),
    "server": RetryPolicy(0.5, 30.0),
    "timeout": RetryPolicy(0.5, 10.0),
    "connection": RetryPolicy(0.25, 10.0),
    "bad_response": RetryPolicy(0.1, 2.0),
    "empty": RetryPolicy(0.1, 2.0),
}
OTHERWISE = RetryPolicy(0.5, 30.0)
# Added to a server's own wish, so that those it turned away do not come back all at once.
SPREAD_SECONDS = 0.25


class RetryLayer(Layer):
    """Calls again after errors that may pass, at most `max_attempts` times in all.

    Waits are exponential with full jitter, by the kind of the error (Brooker, Exponential backoff
    and jitter, 2015); the server's own wish, where it gave one, is the least. A wish above
    `max_wait_s` is not waited for: ProviderError(paused). A case whose attempts and waits would
    pass `case_deadline_s` is not tried again; time in the queue of the limiter does not count.
    The calls of one case share a deadline where CLOCK holds the case's clock.
    A quota, a refused key, a filter or a request that is wrong is never tried again.

    The reply's details, and the error, tell the attempts made and how many of those that failed
    may have been billed. `on_wait` is called when a wait begins (+1) and ends (-1).
    """

    def __init__(
        self,
        inner: Provider,
        *,
        max_attempts: int = 5,
        max_wait_s: float = 60.0,
        case_deadline_s: float = 300.0,
        sleep: Sleep = asyncio.sleep,
        rng: random.Random | None = None,
        on_wait: Callable[[int], None] | None = None,
    ) -> None:
        super().__init__(inner)
        self._max_attempts = max_attempts
        self._max_wait_s = max_wait_s
        self._case_deadline_s = case_deadline_s
        self._sleep = sleep
        self._rng = rng or random.Random()
        self._on_wait = on_wait

    async def complete(self, request: Request) -> Response:
        clock = CLOCK.get() or CaseClock()
        spent_s = clock.spent_s
        SECONDS_LEFT.set(self._case_deadline_s - spent_s if spent_s else None)
        attempts = billed = 0
        while True:
            attempts += 1
            try:
                response = await self._inner.complete(request)
            except ProviderError as error:
                billed += error.possibly_billed
                error.attempts, error.billed_attempts = attempts, billed
                spent_s += error.elapsed_s
                clock.spent_s = spent_s
                if not error.retryable or attempts >= self._max_attempts:
                    raise
                spent_s += await self._wait(error, attempts, spent_s)
                continue
            clock.spent_s = spent_s + response.latency_ms / 1000
            if attempts == 1:
                return response
            counted = {"attempts": attempts, **({"possibly_billed": billed} if billed else {})}
            return replace(response, details={**response.details, **counted})

    async def _wait(self, error: ProviderError, attempts: int, spent_s: float) -> float:
        """Wait before the next attempt; the seconds waited. Raises the error when there is to be none."""
        patience = PATIENCE.get(error.kind, OTHERWISE)
        ceiling = min(patience.first * 2 ** (attempts - 1), patience.longest)
        wished = error.retry_after_s
        if wished is not None and wished > self._max_wait_s:
            raise _paused(error, wished, self._max_wait_s)
        if wished is not None:
            seconds = max(wished, self._rng.uniform(0, ceiling)) + self._rng.uniform(0, SPREAD_SECONDS)
        else:
            seconds = self._rng.uniform(0, ceiling)
        left = self._case_deadline_s - spent_s - seconds
        if left <= 0:
            raise error
        if self._on_wait is not None:
            self._on_wait(1)
        try:
            await self._sleep(seconds)
        finally:
            if self._on_wait is not None:
                self._on_wait(-1)
        SECONDS_LEFT.set(left)
        return seconds


def _paused(error: ProviderError, wished_s: float, allowed_s: float) -> ProviderError:
    message = f"the server asks to wait {wished_s:g} s and --max-wait is {allowed_s:g}; {error}"
    paused = ProviderError("paused", message, status=error.status, excerpt=error.excerpt)
    paused.attempts, paused.billed_attempts = error.attempts, error.billed_attempts
    return paused
