"""Around the live provider: every attempt is noted before it starts and after it ended."""

import asyncio
from contextvars import ContextVar
from dataclasses import replace
from time import perf_counter
from typing import Protocol

from prompteval.core.errors import ProviderError
from prompteval.core.protocols import Provider
from prompteval.core.request import Request, Response, Usage
from prompteval.providers.layers.base import Layer
from prompteval.providers.layers.retry import SECONDS_LEFT
from prompteval.providers.size import Sizes

# (suite, target, model, case id, replicate) of the case that is being run in this task.
CaseKey = tuple[str, str, str, str, int]
CASE: ContextVar[CaseKey | None] = ContextVar("case", default=None)


class Journal(Protocol):
    """Where attempts are noted."""

    def begin(self, case: CaseKey | None, key: str) -> int:
        """An attempt is about to start; what is returned names it."""
        ...

    async def written(self, attempt: int) -> None:
        """Return when that it began cannot be lost."""
        ...

    def end(self, attempt: int, outcome: str, ms: float, *, billed: bool, usage: Usage | None) -> None:
        """It ended: `ok`, or the kind of its error."""
        ...


class AttemptLayer(Layer):
    """One attempt: journaled, held to what is left of the case's deadline, its tokens known.

    Tokens that the server does not tell are counted here, and marked `estimated`.
    """

    def __init__(self, inner: Provider, *, journal: Journal | None = None, sizes: Sizes) -> None:
        super().__init__(inner)
        self._journal = journal
        self._sizes = sizes

    async def complete(self, request: Request) -> Response:
        number = self._journal.begin(CASE.get(), request.key) if self._journal is not None else 0
        started = perf_counter()
        outcome, billed, usage = "cancelled", True, None
        try:
            if self._journal is not None:
                await self._journal.written(number)
            response = await self._within_deadline(request)
            if response.usage is None or response.usage.prompt_tokens is None:
                response = replace(response, usage=self._sizes.counted(request, response))
            outcome, billed, usage = "ok", True, response.usage
            return response
        except ProviderError as error:
            error.elapsed_s = perf_counter() - started
            outcome, billed = error.kind, error.possibly_billed
            raise
        finally:
            if self._journal is not None:
                elapsed_ms = (perf_counter() - started) * 1000
                self._journal.end(number, outcome, elapsed_ms, billed=billed, usage=usage)

    async def _within_deadline(self, request: Request) -> Response:
        left = SECONDS_LEFT.get()
        if left is None:
            return await self._inner.complete(request)
        SECONDS_LEFT.set(None)
        try:
            async with asyncio.timeout(left):
                return await self._inner.complete(request)
        except TimeoutError:
            message = f"the case's deadline passed after {left:.1f} s of this attempt"
            raise ProviderError("timeout", message, possibly_billed=True) from None
