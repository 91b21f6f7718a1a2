"""A reply that is known is not asked for again."""

from prompteval.core.protocols import Provider, ResponseCache
from prompteval.core.request import Request, Response
from prompteval.providers.layers.base import Layer


class CacheLayer(Layer):
    """Answers from the cache; stores what was served live. Failures and filtered prompts are not stored."""

    def __init__(self, inner: Provider, cache: ResponseCache) -> None:
        super().__init__(inner)
        self._cache = cache

    async def complete(self, request: Request) -> Response:
        found = self._cache.get(request.key)
        if found is not None:
            return found
        response = await self._inner.complete(request)
        if response.finish != "content_filter":  # a filter's word is not an answer of the model
            self._cache.put(request.key, request.canonical, response)
        return response
