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
        key = request.key
        other = self._in_flight.get(key)
        if other is not None:
            await asyncio.wait((other,))  # which leaves it alone where this case is cancelled
            return await self._answer(request)
        # Before the cache is looked at: a look may take so long that an equal request begins and ends in it.
        ended = self._in_flight[key] = asyncio.get_running_loop().create_future()
        try:
            return await self._answer(request)
        finally:
            del self._in_flight[key]
            ended.set_result(None)

    async def _answer(self, request: Request) -> Response:
        key, cache = request.key, self._cache
        found = await asyncio.to_thread(cache.get, key) if cache.waits else cache.get(key)
        if found is not None:
            return found
        response = await self._inner.complete(request)
        if response.finish != "content_filter":  # a filter's word is not an answer of the model
            cache.put(key, request.canonical, response)
        return response
