"""Gathers single questions into batches for work that is done in a thread, one batch at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Generic, TypeVar

from prompteval.engine.interruption import computing

Item = TypeVar("Item")
Result = TypeVar("Result")
Work = Callable[[], Sequence[Result | Exception]]


class ItemBatcher(Generic[Item, Result]):
    """Callers hand in one item each; all that wait when the thread becomes free go together.

    At most `most` items make a batch; one leaves `wait_s` seconds after the thread came free, so that
    whoever is about to ask gets into it. A result that is an exception is raised for its caller alone;
    what the work itself raises, for all. `run` does the work off the event loop.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Sequence[Result | Exception]],
        most: int = 256,
        *,
        wait_s: float = 0.0,
        run: Callable[[Work[Result]], Awaitable[Sequence[Result | Exception]]] | None = None,
    ) -> None:
        self._work = work
        self._thread = run or asyncio.to_thread
        self._most = most
        self._wait_s = wait_s
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, item: Item) -> Result:
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        with computing():
            return await future

    async def aclose(self) -> None:
        """Stop what has not begun."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(self._wait_s)
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                live = [(item, future) for item, future in batch if not future.done()]
                try:
                    results = await self._thread(partial(self._work, [item for item, _ in live]))
                except Exception as error:
                    for _, future in live:
                        if not future.cancelled():
                            future.set_exception(error)
                    continue
                for (_, future), result in zip(live, results, strict=True):
                    if future.cancelled():
                        continue
                    if isinstance(result, Exception):
                        future.set_exception(result)
                    else:
                        future.set_result(result)
        finally:
            self._task = None
