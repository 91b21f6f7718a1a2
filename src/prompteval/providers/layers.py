"""The layer seam: each layer is a Provider around a Provider.

Outer to inner: record, cache, budget, retry, limit, live. A cache hit costs no slot and no
budget; waiting for a retry holds no slot.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace

from prompteval.core.errors import ProviderError
from prompteval.core.protocols import Provider, ResponseCache
from prompteval.core.request import Request, Response
from prompteval.providers.recording import Recorder

Sleep = Callable[[float], Awaitable[None]]
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0


class _Layer:
    def __init__(self, inner: Provider) -> None:
        self._inner = inner

    @property
    def identity(self) -> str:
        return self._inner.identity

    async def aclose(self) -> None:
        await self._inner.aclose()


class Recorded(_Layer):
    """Hands every reply to a recorder."""

    def __init__(self, inner: Provider, recorder: Recorder) -> None:
        super().__init__(inner)
        self._recorder = recorder

    async def complete(self, request: Request) -> Response:
        response = await self._inner.complete(request)
        self._recorder.add(request, response)
        return response


class Cached(_Layer):
    """Answers from the cache; stores what was served live. Failures are not stored."""

    def __init__(self, inner: Provider, cache: ResponseCache) -> None:
        super().__init__(inner)
        self._cache = cache

    async def complete(self, request: Request) -> Response:
        found = self._cache.get(request.key)
        if found is not None:
            return found
        response = await self._inner.complete(request)
        self._cache.put(request.key, request.as_json(), response)
        return response


class Retried(_Layer):
    """Calls again after errors that may pass, at most `max_attempts` times.

    Waits are exponential with full jitter; the server's own wish, where it gave one, is the
    least. A wish above `max_wait_s` is not waited for: the error is raised. The number of
    attempts is in the reply's details.
    """

    def __init__(
        self,
        inner: Provider,
        *,
        max_attempts: int = 5,
        max_wait_s: float = 60.0,
        sleep: Sleep = asyncio.sleep,
        rng: random.Random | None = None,
    ) -> None:
        super().__init__(inner)
        self._max_attempts = max_attempts
        self._max_wait_s = max_wait_s
        self._sleep = sleep
        self._rng = rng or random.Random()

    async def complete(self, request: Request) -> Response:
        attempt = 0
        while True:
            attempt += 1
            try:
                response = await self._inner.complete(request)
            except ProviderError as error:
                asked = error.retry_after_s or 0.0
                if not error.retryable or attempt >= self._max_attempts or asked > self._max_wait_s:
                    raise
                ceiling = min(FIRST_WAIT_SECONDS * 2 ** (attempt - 1), LONGEST_WAIT_SECONDS)
                await self._sleep(max(asked, self._rng.uniform(0, ceiling)))
                continue
            if attempt == 1:
                return response
            return replace(response, details={**response.details, "attempts": attempt})


def build_layers(
    live: Provider,
    *,
    cache: ResponseCache | None = None,
    recorder: Recorder | None = None,
    max_attempts: int = 1,
) -> Provider:
    """The layers around a live provider, in their one order; what is not asked for is absent."""
    provider: Provider = live
    if max_attempts > 1:
        provider = Retried(provider, max_attempts=max_attempts)
    if cache is not None and getattr(live, "cacheable", True):
        provider = Cached(provider, cache)
    if recorder is not None:
        provider = Recorded(provider, recorder)
    return provider
