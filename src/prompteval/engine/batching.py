"""Gathers single calls into batches, for models that answer many requests faster than one."""

import asyncio
from collections.abc import Sequence

from prompteval.core.errors import ProviderError
from prompteval.core.protocols import BatchProvider
from prompteval.core.request import Request, Response

# Long enough for every waiting case to hand in its request, short beside one encoding pass.
GATHER_SECONDS = 0.003


class Batched:
    """A Provider around a BatchProvider: callers wait singly, the model works in batches.

    A batch leaves when it is full, or when no new request came for a moment. One batch is in
    work at a time, in a thread, so the event loop stays free.
    """

    def __init__(self, inner: BatchProvider) -> None:
        self._inner = inner
        self._waiting: list[tuple[Request, asyncio.Future[Response]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def identity(self) -> str:
        return self._inner.identity

    async def complete(self, request: Request) -> Response:
        """One reply; raises ProviderError as the inner provider reports it."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Response] = loop.create_future()
        self._waiting.append((request, future))
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if len(self._waiting) >= self._inner.max_batch:
            self._send()
        else:
            self._timer = loop.call_later(GATHER_SECONDS, self._send)
        return await future

    async def aclose(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._inner.aclose()

    def _send(self) -> None:
        self._timer = None
        batch, self._waiting = self._waiting, []
        if batch:
            task = asyncio.create_task(self._work(batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _work(self, batch: Sequence[tuple[Request, asyncio.Future[Response]]]) -> None:
        async with self._turn:
            live = [(request, future) for request, future in batch if not future.cancelled()]
            try:
                results = await asyncio.to_thread(self._inner.complete_many, [request for request, _ in live])
            except BaseException as error:
                for _, future in live:
                    if not future.done():
                        future.set_exception(error)
                if not isinstance(error, Exception):
                    raise
                return
        for (_, future), result in zip(live, results, strict=True):
            if future.done():
                continue
            if isinstance(result, ProviderError):
                future.set_exception(result)
            else:
                future.set_result(result)
