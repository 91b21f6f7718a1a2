"""A reply that is known, or on its way, is not asked for again."""

import asyncio

from prompteval.core.protocols import Provider, ResponseCache
from prompteval.core.request import Request, Response
from prompteval.providers.layers.base import Layer

# Requests that are looked up or on their way, by key; done when the reply is stored, or will not be.
InFlight = dict[str, "asyncio.Future[None]"]


class CacheLayer(Layer):
    """Answers from the cache; stores what was served live. Failures and filtered prompts are not stored.

    Of equal requests at the same time one is made, and the others wait for its reply; where it has none to
    store, each is made after all. `in_flight` is what the layers over one cache share.
    """

    def __init__(self, inner: Provider, cache: ResponseCache, in_flight: InFlight | None = None) -> None:
        super().__init__(inner)
        self._cache = cache
        self._in_flight: InFlight = {} if in_flight is None else in_flight

    async def complete(self, request: Request) -> Response:
        key, waits = request.key, self._cache.waits
        found = None if waits else self._cache.get(key)
        if found is not None:
            return found
        other = self._in_flight.get(key)
        if other is not None:
            await asyncio.wait((other,))  # which leaves it alone where this case is cancelled
            return await self._look(key) or await self._ask(request)
        ended = self._in_flight[key] = asyncio.get_running_loop().create_future()
        try:
            # A reply can be stored while this look waits, so equal requests have to know of it already.
            found = await self._look(key) if waits else None
            return found or await self._ask(request)
        finally:
            del self._in_flight[key]
            ended.set_result(None)

    async def _look(self, key: str) -> Response | None:
        return await asyncio.to_thread(self._cache.get, key) if self._cache.waits else self._cache.get(key)

    async def _ask(self, request: Request) -> Response:
        response = await self._inner.complete(request)
        if response.finish != "content_filter":  # a filter's word is not an answer of the model
            self._cache.put(request.key, request.canonical, response)
        return response
