"""Retry, deadline, budget and journal around a provider that fails by plan."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.errors import ProviderError
from prompteval.core.request import Message, Request, Response, Usage
from prompteval.providers.layers import (
    CASE,
    AttemptLayer,
    Budget,
    BudgetLayer,
    CaseKey,
    RetryLayer,
    build_layers,
)
from prompteval.providers.layers.retry import PATIENCE, SPREAD_SECONDS
from prompteval.providers.prices import Price, Rates
from prompteval.providers.size import Sizes
from prompteval.tokens import counter

REQUEST = Request("m", (Message("user", "a question"),), params={"max_output_tokens": 100})
PRICE = Price((Rates(1.0, 0.5, 10.0),), "test")
USED = Usage(prompt_tokens=1000, completion_tokens=50)


def failing(kind: str = "server", *, retryable: bool = True, **more: object) -> ProviderError:
    return ProviderError(kind, kind, retryable=retryable, **more)  # type: ignore[arg-type]


class Planned:
    """Raises the planned errors one after the other, then answers."""

    identity = "planned"

    def __init__(
        self, errors: Sequence[ProviderError] = (), *, takes_s: float = 0.0, usage: Usage | None = USED
    ) -> None:
        self.errors = list(errors)
        self.calls = 0
        self._takes_s = takes_s
        self._usage = usage

    async def complete(self, request: Request) -> Response:
        self.calls += 1
        await asyncio.sleep(self._takes_s)
        if self.errors:
            raise self.errors.pop(0)
        return Response("answer", usage=self._usage)

    async def aclose(self) -> None: ...


class Notes:
    """A journal in memory."""

    def __init__(self) -> None:
        self.begun: list[CaseKey | None] = []
        self.ended: list[tuple[int, str, bool]] = []

    def begin(self, case: CaseKey | None, key: str) -> int:
        self.begun.append(case)
        return len(self.begun) - 1

    async def written(self, attempt: int) -> None: ...

    def end(self, attempt: int, outcome: str, ms: float, *, billed: bool, usage: Usage | None) -> None:
        self.ended.append((attempt, outcome, billed))


def retried(errors: Sequence[ProviderError], **options: object) -> tuple[object, list[float], Planned]:
    """(reply or error, waits, the provider) of one call."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    inner = Planned(errors)
    layer = RetryLayer(inner, sleep=sleep, rng=random.Random(0), **options)  # type: ignore[arg-type]
    try:
        return asyncio.run(layer.complete(REQUEST)), waits, inner
    except ProviderError as error:
        return error, waits, inner


@pytest.mark.parametrize("kind", ["quota", "auth", "bad_request", "not_found", "unsupported", "no_match"])
def test_what_cannot_pass_is_not_tried_again(kind: str) -> None:
    """One call, no wait."""
    error, waits, inner = retried([failing(kind, retryable=False)])
    assert (error.kind, waits, inner.calls) == (kind, [], 1)  # type: ignore[attr-defined]


@given(st.sampled_from(sorted(PATIENCE)), st.integers(1, 9))
def test_waits_are_bounded_by_the_kind(kind: str, count: int) -> None:
    """Full jitter under a ceiling that doubles up to the kind's longest wait."""
    _, waits, inner = retried([failing(kind)] * count, max_attempts=count + 1, case_deadline_s=1e9)
    assert inner.calls == count + 1
    for number, seconds in enumerate(waits):
        assert 0 <= seconds <= min(PATIENCE[kind].first * 2**number, PATIENCE[kind].longest)


def test_f1_a_servers_wish_is_the_least_wait() -> None:
    """Two wishes of 1.5 s: three attempts, each wait at least that, and little more."""
    response, waits, inner = retried([failing("rate_limit", retry_after_s=1.5)] * 2)
    assert (inner.calls, response.details["attempts"]) == (3, 3)  # type: ignore[attr-defined]
    assert all(1.5 <= seconds <= 2.0 + SPREAD_SECONDS for seconds in waits)


def test_f3_a_wish_beyond_max_wait_pauses() -> None:
    """The error says what was asked for and what is allowed; nothing is waited for."""
    error, waits, inner = retried([failing("rate_limit", retry_after_s=600.0)], max_wait_s=60.0)
    assert (error.kind, waits, inner.calls) == ("paused", [], 1)  # type: ignore[attr-defined]
    assert "600 s and --max-wait is 60" in str(error)
    _, waits, inner = retried(
        [failing("rate_limit", retry_after_s=600.0)], max_wait_s=900.0, case_deadline_s=900.0
    )
    assert (len(waits), inner.calls) == (1, 2)


def test_attempts_and_those_possibly_billed_are_counted() -> None:
    """In the reply's details, and on the error of a case that never got one."""
    errors = [
        failing("timeout", possibly_billed=True),
        failing("server"),
        failing("timeout", possibly_billed=True),
    ]
    response, _, _ = retried(list(errors))
    assert dict(response.details) == {"attempts": 4, "possibly_billed": 2}  # type: ignore[attr-defined]
    error, _, _ = retried(list(errors), max_attempts=3)
    assert (error.attempts, error.billed_attempts) == (3, 2)  # type: ignore[attr-defined]


def test_a_case_ends_at_its_deadline() -> None:
    """Attempts and waits together do not pass it, and the last attempt is cut short by it."""
    inner = Planned([failing("timeout")] * 9, takes_s=0.2)
    layers = build_layers(inner, max_attempts=9, case_deadline_s=0.5, sizes=Sizes(counter("m")))

    async def run() -> float:
        started = asyncio.get_running_loop().time()
        with pytest.raises(ProviderError):
            await layers.complete(REQUEST)
        return asyncio.get_running_loop().time() - started

    assert asyncio.run(run()) < 0.7
    assert inner.calls < 4


def test_waiting_is_told_to_the_runner() -> None:
    """+1 when a wait begins, -1 when it ends, whatever ends it."""
    told: list[int] = []
    retried([failing()] * 2, on_wait=told.append)
    assert told == [1, -1, 1, -1]


def test_every_attempt_is_noted_before_and_after() -> None:
    """With the case it belongs to, how it ended, and whether it may be billed."""
    notes, inner = Notes(), Planned([failing("timeout", possibly_billed=True), failing("server")])
    layers = RetryLayer(
        AttemptLayer(inner, journal=notes, sizes=Sizes(counter("m"))), sleep=lambda s: asyncio.sleep(0)
    )
    case = ("suite", "p@v1", "m", "c1", 0)

    async def run() -> None:
        CASE.set(case)
        await layers.complete(REQUEST)

    asyncio.run(run())
    assert notes.begun == [case] * 3
    assert notes.ended == [(0, "timeout", True), (1, "server", False), (2, "ok", True)]


def test_f14_missing_usage_is_counted_here_and_marked() -> None:
    """The tokens of the messages and of the reply, `estimated`."""
    layers = AttemptLayer(Planned(usage=None), sizes=Sizes(counter("gpt-4o")))
    usage = asyncio.run(layers.complete(REQUEST)).usage
    assert usage == Usage(prompt_tokens=3 + 3 + 2, completion_tokens=1, estimated=True)


def test_f20_the_budget_counts_reservations() -> None:
    """50 calls at once on 0.10 USD: what is spent and reserved never passes it; the rest is refused."""
    budget, sizes = Budget(0.10), Sizes(counter("gpt-4o"))
    request = replace(REQUEST, params={"max_output_tokens": 500})
    inner = Planned(takes_s=0.01, usage=Usage(prompt_tokens=8, completion_tokens=400))
    layer = BudgetLayer(inner, budget, PRICE, sizes)

    async def run() -> list[object]:
        return await asyncio.gather(*(layer.complete(request) for _ in range(50)), return_exceptions=True)

    found = asyncio.run(run())
    refused = [error for error in found if isinstance(error, ProviderError)]
    assert inner.calls == 19  # at 0.005008 USD reserved each
    assert (len(refused), {error.kind for error in refused}) == (31, {"budget"})
    assert budget.spent_usd == pytest.approx(19 * 0.004008)
    assert budget.reserved_usd == pytest.approx(0)


def test_f13_attempts_possibly_billed_are_money() -> None:
    """A timeout whose answer came too late costs what was reserved for it."""
    budget = Budget(1.0)
    inner = RetryLayer(Planned([failing("timeout", possibly_billed=True)]), sleep=lambda s: asyncio.sleep(0))
    asyncio.run(BudgetLayer(inner, budget, PRICE, Sizes(counter("gpt-4o"))).complete(REQUEST))
    assert budget.spent_usd == pytest.approx(PRICE.of(8, 100) + PRICE.of(1000, 50))
