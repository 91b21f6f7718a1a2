"""Work that is done once for all who wait for it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """A coroutine that the first caller of `result` starts; a caller that leaves does not end it."""

    def __init__(self, work: Callable[[], Coroutine[object, object, T]]) -> None:
        self._work = work
        self._task: asyncio.Task[T] | None = None

    @property
    def is_started(self) -> bool:
        return self._task is not None

    async def result(self) -> T:
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        return await asyncio.shield(self._task)

    def holds(self, value: T) -> bool:
        """Whether the work has ended with this very value, and was not forgotten."""
        return self._task is not None and self._task.done() and self._task.result() is value

    def forget(self) -> None:
        """The next caller starts it again."""
        self._task = None

    async def cancel(self) -> T | None:
        """Forget it, cancelled where it runs: what it ended with, None where it was not started.

        The work gives a value also where it is cancelled, for those who wait.
        """
        task, self._task = self._task, None
        if task is None:
            return None
        task.cancel()
        await asyncio.wait([task])
        return None if task.cancelled() else task.result()
