"""Makes no further call once a server has refused the key or the account of all."""

from dataclasses import dataclass
from typing import Final

from prompteval.core.errors import ProviderError
from prompteval.core.protocols import Provider
from prompteval.core.request import Request, Response
from prompteval.providers.layers.base import Layer

# What every further call of a run would be answered with.
_OF_ALL: Final = frozenset({"auth", "quota"})
# The kind of a refusal that is of one request alone.
_OF_ONE: Final = "bad_request"


@dataclass(slots=True)
class KeyRefusal:
    """Whether the calls to a model of a run have been answered, and the error that refused them all."""

    answered: bool = False
    of_all: ProviderError | None = None


class RefusedKeyLayer(Layer):
    """Calls that wait for a slot while a key is refused end with the same error, without being made.

    A 403 after a call that was answered is of one request, as that of a firewall, and becomes a
    `bad_request`. The layers over one model share `key_refusal`.
    """

    def __init__(self, inner: Provider, key_refusal: KeyRefusal) -> None:
        super().__init__(inner)
        self._key_refusal = key_refusal

    async def complete(self, request: Request) -> Response:
        key_refusal = self._key_refusal
        known = key_refusal.of_all
        if known is not None:
            raise ProviderError(known.kind, str(known), status=known.status, excerpt=known.excerpt)
        try:
            response = await self._inner.complete(request)
        except ProviderError as error:
            if error.kind == "auth" and error.status == 403 and key_refusal.answered:
                error.kind = _OF_ONE
            elif error.kind in _OF_ALL:
                key_refusal.of_all = error
            raise
        key_refusal.answered = True
        return response
