"""Waits for leave to call: a slot, and room in the requests and tokens a minute."""

from typing import Any, Protocol

from prompteval.core.errors import ProviderError
from prompteval.core.protocols import Provider
from prompteval.core.request import Request, Response
from prompteval.providers.layers.base import Layer
from prompteval.providers.size import Sizes


class CallPermits(Protocol):
    """Whoever grants leave to call; see the engine's limiter."""

    @property
    def counts_tokens(self) -> bool: ...

    async def acquire(self, tokens: int = 0, group: str = "") -> object: ...

    def release(
        self, grant: Any, *, tokens: int | None = None, error: ProviderError | None = None
    ) -> None: ...


class LimitLayer(Layer):
    """Calls only with leave, and hands it back with what the call used and how it ended.

    `group` is who takes turns with others for the same model.
    """

    def __init__(
        self, inner: Provider, gate: CallPermits, *, group: str = "", sizes: Sizes | None = None
    ) -> None:
        super().__init__(inner)
        self._gate = gate
        self._group = group
        self._sizes = sizes if gate.counts_tokens else None

    async def complete(self, request: Request) -> Response:
        tokens = sum(self._sizes.expected(request)) if self._sizes is not None else 0
        grant = await self._gate.acquire(tokens, self._group)
        used: int | None = None
        failure: ProviderError | None = None
        try:
            response = await self._inner.complete(request)
            usage = response.usage
            if usage is not None and usage.prompt_tokens is not None:
                used = usage.prompt_tokens + (usage.completion_tokens or 0)
            return response
        except ProviderError as error:
            failure = error
            if not error.possibly_billed:
                used = 0 if error.kind != "rate_limit" else None
            raise
        finally:
            self._gate.release(grant, tokens=used, error=failure)
