"""Makes no further call once a server has refused the key or the account of all."""

from typing import Final

from prompteval.core.errors import ProviderError
from prompteval.core.protocols import Provider
from prompteval.core.request import Request, Response
from prompteval.providers.layers.base import Layer

# What every further call of a run would be answered with.
_OF_ALL: Final = frozenset({"auth", "quota"})


class RefusedLayer(Layer):
    """Calls that wait for a slot while a key is refused end with the same error, without being made."""

    def __init__(self, inner: Provider) -> None:
        super().__init__(inner)
        self._refused: ProviderError | None = None

    async def complete(self, request: Request) -> Response:
        known = self._refused
        if known is not None:
            raise ProviderError(known.kind, str(known), status=known.status, excerpt=known.excerpt)
        try:
            return await self._inner.complete(request)
        except ProviderError as error:
            if error.kind in _OF_ALL:
                self._refused = error
            raise
