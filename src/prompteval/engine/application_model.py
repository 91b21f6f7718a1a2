"""A model as application code calls it: opened on the portal's loop, with the profile's patience."""

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from prompteval.core.errors import ProviderError, UsageError
from prompteval.core.protocols import (
    BatchProvider,
    CheckedProvider,
    ConnectingProvider,
    Provider,
    StreamingProvider,
)
from prompteval.core.request import Request, Response, Usage
from prompteval.engine.batching import BatchingProvider
from prompteval.engine.limits import Limiter
from prompteval.engine.portal import Portal, close_at_exit, portal
from prompteval.providers.layers import Layer, build_layers
from prompteval.providers.open import check_reference, open_provider
from prompteval.providers.prices import OWN_KINDS, Price, find_price
from prompteval.providers.size import Sizes, page_tokens
from prompteval.tokens import counter
from prompteval.workspace.settings import ModelProfile, Workspace

T = TypeVar("T")
# Where a profile bounds requests or tokens a minute, and not the calls at a time.
UNBOUNDED = 10_000
MOST_KEPT = 64


@dataclass(slots=True)
class _OpenModel:
    """What is open in one process: a child after a fork opens its own."""

    live: Provider
    gate: Limiter | None
    pid: int
    layered: dict[float, Provider] = field(default_factory=dict)  # by deadline


class Kept(Layer):
    """A live provider that outlasts the layers around it."""

    async def complete(self, request: Request) -> Response:
        return await self._inner.complete(request)

    async def aclose(self) -> None:
        """Left open for the next call."""


class ApplicationModel:
    """One model of a workspace, for calls from any thread and any loop."""

    def __init__(self, reference: str, workspace: Workspace) -> None:
        self.reference = reference
        self._workspace = workspace
        self.profile = workspace.settings.models.get(reference) or ModelProfile(reference)
        kind = check_reference(reference, workspace)[0]
        self._remote = kind not in OWN_KINDS
        tokens = counter(self.profile.model or reference)
        self._sizes = Sizes(tokens, page_tokens(kind)) if self._remote else None
        self._open: _OpenModel | None = None
        self.identity = open_provider(reference, workspace).identity

    def other(self, reference: str) -> "ApplicationModel":
        """Another model of the same workspace."""
        return ApplicationModel(reference, self._workspace)

    @property
    def portal(self) -> Portal:
        return portal()

    async def complete(self, request: Request, deadline_s: float | None) -> Response:
        """One reply, tried again as the profile says, within the deadline. Runs on the portal's loop."""
        whole = self.profile.case_deadline_s if deadline_s is None else deadline_s
        layered = self._layers(whole)
        if deadline_s is None:
            return await layered.complete(request)
        try:
            async with asyncio.timeout(deadline_s):
                return await layered.complete(request)
        except TimeoutError:
            message = f"no answer within the deadline of {deadline_s:g} s"
            raise ProviderError("timeout", message, possibly_billed=True) from None

    @property
    def is_batched(self) -> bool:
        """Whether it answers in this process, many requests at a time."""
        return isinstance(self._opened().live, BatchingProvider)

    def check_ready(self) -> None:
        """Raise PromptevalError for a model that cannot be called: without its key, say."""
        live = self._opened().live
        if isinstance(live, CheckedProvider):
            live.check_ready()

    async def connect(self) -> None:
        """Open a connection to the model's server, where there is one, and keep it for the first call."""
        live = self._opened().live
        if isinstance(live, ConnectingProvider):
            await live.connect()

    async def stream(self, request: Request, deadline_s: float | None) -> AsyncGenerator[str, None]:
        """The text of a reply in the pieces that the server sends, tried once."""
        live = self._opened().live
        if not isinstance(live, StreamingProvider):
            yield (await self.complete(request, deadline_s)).text
            return
        whole = self.profile.case_deadline_s if deadline_s is None else deadline_s
        try:
            async with asyncio.timeout(whole):
                async for piece in live.stream(request):
                    yield piece
        except TimeoutError:
            message = f"the answer did not end within the deadline of {whole:g} s"
            raise ProviderError("timeout", message, possibly_billed=True) from None

    def cost_usd(self, usage: Usage | None) -> float | None:
        """What a call cost, None where its price or its tokens are not known."""
        return None if self._price is None or usage is None else self._price.of_usage(usage)

    @cached_property
    def _price(self) -> Price | None:
        return find_price(self.reference, self._workspace)

    async def aclose(self) -> None:
        """Close the connections; the next call opens them again. Runs on the portal's loop."""
        opened, self._open = self._open, None
        if opened is not None and opened.pid == os.getpid():
            await opened.live.aclose()

    def _opened(self) -> _OpenModel:
        if self._open is None or self._open.pid != os.getpid():
            live = open_provider(self.reference, self._workspace)
            live = BatchingProvider(live) if isinstance(live, BatchProvider) else live
            self._open = _OpenModel(live, self._gate(), os.getpid())
            close_at_exit(self)
        return self._open

    def _gate(self) -> Limiter | None:
        profile = self.profile
        if not (profile.max_concurrency or profile.rpm or profile.tpm):
            return None
        return Limiter(concurrency=profile.max_concurrency or UNBOUNDED, rpm=profile.rpm, tpm=profile.tpm)

    def _layers(self, deadline_s: float) -> Provider:
        opened = self._opened()
        found = opened.layered.get(deadline_s)
        if found is not None:
            return found
        if len(opened.layered) >= MOST_KEPT:
            opened.layered.clear()
        opened.layered[deadline_s] = build_layers(
            Kept(opened.live),
            sizes=self._sizes,
            max_attempts=self.profile.max_attempts,
            case_deadline_s=deadline_s,
            max_wait_s=float("inf"),  # a wish beyond the deadline ends the call at once
            gate=opened.gate,
        )
        return opened.layered[deadline_s]


def refuse_inside_loop(name: str, instead: str) -> None:
    """Raise UsageError for a call that would block the event loop it is made in."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise UsageError(f"{name} blocks, and this code runs inside an event loop", f"write `await {instead}`")


async def each_of(calls: Sequence[Callable[[], Awaitable[T]]], concurrency: int) -> list[T | Exception]:
    """What each call gives, in order; a failed one its exception. At most so many at a time."""
    free = asyncio.Semaphore(concurrency)

    async def one(call: Callable[[], Awaitable[T]]) -> T | Exception:
        async with free:
            try:
                return await call()
            except Exception as error:
                return error

    return list(await asyncio.gather(*map(one, calls)))
