"""Gathers single calls into batches, for models that answer many requests faster than one."""

from prompteval.core.protocols import BatchProvider
from prompteval.core.request import Request, Response
from prompteval.engine.item_batcher import ItemBatcher

# Long enough for every waiting case to hand in its request, short beside one encoding pass.
GATHER_SECONDS = 0.003


class BatchingProvider:
    """A Provider around a BatchProvider: callers wait singly, the model works in batches.

    One batch is in work at a time, in a thread, so the event loop stays free.
    """

    def __init__(self, inner: BatchProvider) -> None:
        self._inner = inner
        self._calls: ItemBatcher[Request, Response] = ItemBatcher(
            inner.complete_many, inner.max_batch, wait_s=GATHER_SECONDS
        )

    @property
    def identity(self) -> str:
        return self._inner.identity

    async def complete(self, request: Request) -> Response:
        """One reply; raises ProviderError as the inner provider reports it."""
        return await self._calls(request)

    async def aclose(self) -> None:
        await self._calls.aclose()
        await self._inner.aclose()
