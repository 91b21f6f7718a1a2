"""The bytes of files that a model's calls hold at a time."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

# Of files that are read, encoded and sent, of all calls of a model: two of the largest requests.
MOST_IN_FLIGHT_BYTES: Final = 100_000_000


class FilesInFlight:
    """Lets calls in, in the order of their coming, while their files have no more than `most` bytes together.

    A call with more is let in alone.
    """

    def __init__(self, most: int = MOST_IN_FLIGHT_BYTES) -> None:
        self._most = most
        self._held = 0
        self._waiting = deque[tuple[int, asyncio.Future[None]]]()

    @asynccontextmanager
    async def held(self, size: int) -> AsyncIterator[None]:
        """Hold `size` bytes, once there is room for them."""
        if self._waiting or not self._fits(size):
            await self._wait(size)
        else:
            self._held += size
        try:
            yield
        finally:
            self._give_back(size)

    @asynccontextmanager
    async def written(self, size: int, write: Callable[[], bytes]) -> AsyncIterator[bytes]:
        """A body with files of `size` bytes, which a thread reads, hashes and encodes while they are held."""
        async with self.held(size):
            yield await asyncio.to_thread(write)

    async def _wait(self, size: int) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._let_in()  # those who came later may fit
            else:
                self._give_back(size)  # let in before it was cancelled
            raise

    def _give_back(self, size: int) -> None:
        self._held -= size
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting:
            size, turn = self._waiting[0]
            if not turn.done():
                if not self._fits(size):
                    return
                self._held += size
                turn.set_result(None)
            self._waiting.popleft()

    def _fits(self, size: int) -> bool:
        return not self._held or self._held + size <= self._most
