"""The gate before a model: who may call now, and who waits."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from prompteval.core.errors import ProviderError
from prompteval.engine.limits.adaptive import AdaptiveConcurrency
from prompteval.engine.limits.sliding_window import SlidingWindow
from prompteval.providers.openai.errors import ServerLimits

# What says that the server has more to do than it can; other failures say nothing about its load.
OVERLOAD = frozenset({"rate_limit", "timeout"})
LONGEST_PAUSE_SECONDS = 60.0
OVERLOAD_STATUS = frozenset({502, 503, 504, 529})


@dataclass(slots=True)
class Grant:
    """Leave to make one call; handed back when it ends."""

    tokens: int
    request_entry: list[float] | None = None
    token_entry: list[float] | None = None


@dataclass(slots=True)
class _Waiting:
    tokens: int
    future: asyncio.Future[Grant] = field(repr=False)


class Limiter:
    """Lets calls of one model go: by requests and tokens a minute, by calls at a time, by pauses.

    Within a group calls go in the order they came; groups (suites) take turns. A call that ends
    tells how: an overload lowers the calls at a time, and a server that asks for a pause gets one
    for every call of the model. `clock` counts seconds and never goes back; `on_pause` is called for each
    pause that begins.
    """

    def __init__(
        self,
        *,
        concurrency: int,
        rpm: int | None = None,
        tpm: int | None = None,
        clock: Callable[[], float] = monotonic,
        on_pause: Callable[[float], None] | None = None,
    ) -> None:
        self._on_pause = on_pause
        self._adaptive = AdaptiveConcurrency(concurrency)
        self._requests = SlidingWindow(rpm) if rpm else None
        self._tokens = SlidingWindow(tpm) if tpm else None
        self._clock = clock
        self._paused_until = float("-inf")
        self._waiting: dict[str, deque[_Waiting]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._last_tokens = 0
        self.in_flight = 0

    @property
    def counts_tokens(self) -> bool:
        """Whether `acquire` needs an estimate of the tokens."""
        return self._tokens is not None

    @property
    def level(self) -> int:
        """Calls at a time that are released at present."""
        return self._adaptive.level

    async def acquire(self, tokens: int = 0, group: str = "") -> Grant:
        """Wait until a call of about `tokens` may be made.

        Raises ProviderError(unsupported) for a call larger than a whole minute's tokens.
        """
        if self._tokens is not None and tokens > self._tokens.limit:
            message = f"the call needs about {tokens} tokens and tpm is {self._tokens.limit:g}; raise tpm"
            raise ProviderError("unsupported", message)
        if not self._waiting and self.in_flight < self._adaptive.level and self._delay(tokens) <= 0:
            return self._let_go(tokens)
        waiting = _Waiting(tokens, asyncio.get_running_loop().create_future())
        self._waiting.setdefault(group, deque()).append(waiting)
        self._pump()
        try:
            return await waiting.future
        except asyncio.CancelledError:
            if waiting.future.done() and not waiting.future.cancelled():
                self.release(waiting.future.result(), tokens=0)
            raise

    def release(self, grant: Grant, *, tokens: int | None = None, error: ProviderError | None = None) -> None:
        """The call ended; `tokens` is what it used, None where that is not known (the estimate stays)."""
        self.in_flight -= 1
        if tokens is not None and grant.token_entry is not None and self._tokens is not None:
            self._tokens.settle(grant.token_entry, tokens)
        overloaded = error is not None and (error.kind in OVERLOAD or error.status in OVERLOAD_STATUS)
        self._adaptive.ended(overloaded=overloaded)
        if error is not None and error.retry_after_s:
            self.pause(error.retry_after_s)
        if self._waiting:
            self._pump()

    def pause(self, seconds: float) -> None:
        """Let no call go for so long; a longer pause that runs already stays."""
        now = self._clock()
        until = now + seconds
        if until > self._paused_until:
            begins = now >= self._paused_until
            self._paused_until = until
            if begins and self._on_pause is not None:
                self._on_pause(seconds)

    def observe(self, limits: ServerLimits) -> None:
        """What the server says is left: when that is nothing, or less than a call needs, wait for more."""
        wait = 0.0
        if limits.remaining_requests == 0:
            wait = limits.reset_requests_s or 0.0
        if limits.remaining_tokens is not None and limits.remaining_tokens <= self._last_tokens:
            wait = max(wait, limits.reset_tokens_s or 0.0)
        if wait > 0:
            self.pause(min(wait, LONGEST_PAUSE_SECONDS))

    def _delay(self, tokens: int) -> float:
        """Seconds until a call may go, the calls at a time left aside."""
        now = self._clock()
        wait = self._paused_until - now
        if self._requests is not None:
            wait = max(wait, self._requests.wait(now, 1))
        if self._tokens is not None:
            wait = max(wait, self._tokens.wait(now, tokens))
        return wait

    def _let_go(self, tokens: int) -> Grant:
        now = self._clock()
        self.in_flight += 1
        self._last_tokens = tokens
        return Grant(
            tokens,
            self._requests.take(now, 1) if self._requests is not None else None,
            self._tokens.take(now, tokens) if self._tokens is not None else None,
        )

    def _pump(self) -> None:
        """Release all that may start; set a timer for the next when only time is missing."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting and self.in_flight < self._adaptive.level:
            group = next(iter(self._waiting))
            queue = self._waiting[group]
            while queue and queue[0].future.done():  # cancelled while it waited
                queue.popleft()
            if not queue:
                del self._waiting[group]
                continue
            delay = self._delay(queue[0].tokens)
            if delay > 0:
                self._timer = asyncio.get_running_loop().call_later(delay, self._pump)
                return
            waiting = queue.popleft()
            del self._waiting[group]
            if queue:
                self._waiting[group] = queue  # to the end: the groups take turns
            waiting.future.set_result(self._let_go(waiting.tokens))
