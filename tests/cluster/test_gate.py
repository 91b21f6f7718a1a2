"""The gate and the budget of workers before one desk, on a clock of their own."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from prompteval.cluster.desk import Desk
from prompteval.cluster.engine import DeskSettings
from prompteval.cluster.gate import LeasedGate
from prompteval.cluster.kept_desk import FORGOTTEN_AFTER_S, KeptDesk
from prompteval.cluster.messages import LeaseMessage, MoneyAnswer, MoneyMessage, unpacked_answer
from prompteval.cluster.money import HELD_S, LeasedBudget
from prompteval.core.errors import ProviderError, StoreError
from prompteval.providers.openai.errors import ServerLimits
from prompteval.workspace.settings import ModelProfile
from tests.cluster.leases.leasing_workers import worst_minute
from tests.engine.limits.test_limiter import VirtualLoop

PROFILE = ModelProfile("m", rpm=600, tpm=60_000)


def virtually(make: Any) -> Any:
    """What a coroutine of a loop gives whose waiting takes no time."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(make(loop))
    finally:
        loop.close()


def exchanging(desk: Desk, seconds: float = 0.01) -> Any:
    async def exchange(message: bytes) -> bytes:
        await asyncio.sleep(seconds)
        answer = desk.answer(message)
        await asyncio.sleep(seconds)
        return answer

    return exchange


def test_s18_invariant_5_gates_of_many_workers_keep_and_use_the_limits() -> None:
    """Calls of unequal sizes that need fewer tokens than expected: at most 60,000 and 600 in 60 s, 90 % of them."""

    async def run(loop: VirtualLoop) -> list[tuple[float, int]]:
        desk, spent = Desk(None, clock=loop.time), []

        async def worker(name: str) -> None:
            gate = LeasedGate(exchanging(desk), name, PROFILE, concurrency=8, clock=loop.time)

            async def call(number: int) -> None:
                size = 40 + number * 7 % 160
                grant = await gate.acquire(size)
                spent.append((loop.time(), size * 3 // 4))
                await asyncio.sleep(0.3)
                gate.release(grant, tokens=size * 3 // 4)

            await asyncio.gather(*(call(number) for number in range(600)))
            await gate.give_back()

        await asyncio.gather(*(worker(f"{place}/5") for place in range(5)))
        return spent

    spent = virtually(run)
    assert len(spent) == 3000
    assert worst_minute([(time, 1) for time, _ in spent]) <= 600
    assert worst_minute(spent) <= 60_000
    assert sum(60 <= time < 240 for time, _ in spent) >= 0.9 * 3 * 600


def test_s18_a_pause_reaches_the_other_workers() -> None:
    """With the next message of the one that was told to wait."""

    async def run(loop: VirtualLoop) -> float:
        desk = Desk(None, clock=loop.time)
        first, second = (
            LeasedGate(exchanging(desk), name, PROFILE, concurrency=1, clock=loop.time) for name in ("a", "b")
        )
        grant = await first.acquire(10)
        limited = ProviderError("rate_limit", "slow down", retryable=True, retry_after_s=30.0)
        first.release(grant, tokens=0, error=limited)
        await first.give_back()
        await second.acquire(10)
        return loop.time()

    assert 30 <= virtually(run) < 32


@pytest.mark.parametrize("concurrency", [1, 20])
def test_s18_a_pause_holds_calls_that_wait_for_a_lease(concurrency: int) -> None:
    """No call goes for three seconds after a refusal, of this worker or another; then all do."""

    async def run(loop: VirtualLoop) -> tuple[float, list[float]]:
        desk, times = Desk(None, clock=loop.time), list[float]()
        gates = [
            LeasedGate(exchanging(desk), name, PROFILE, concurrency=concurrency, clock=loop.time)
            for name in ("a", "b")
        ]

        async def call(gate: LeasedGate) -> None:
            grant = await gate.acquire(10)
            times.append(loop.time())
            await asyncio.sleep(0.05)
            gate.release(grant, tokens=10)

        refused = await gates[0].acquire(10)
        calls = [asyncio.ensure_future(call(gates[0])) for _ in range(4)]
        await asyncio.sleep(0.03)
        limited = ProviderError("rate_limit", "slow down", retryable=True, retry_after_s=3.0)
        gates[0].release(refused, tokens=0, error=limited)
        at = loop.time()
        await asyncio.sleep(1.1)
        await asyncio.gather(*calls, call(gates[1]))
        return at, times

    at, times = virtually(run)
    assert len(times) == 5
    assert [time for time in times if at < time < at + 3.0] == []
    assert max(times) < at + 6.0


def test_s18_a_server_that_has_too_few_tokens_left_is_waited_for() -> None:
    """As in one process: fewer than the last call needed, and not only none."""

    async def run(loop: VirtualLoop) -> float:
        gate = LeasedGate(
            exchanging(Desk(None, clock=loop.time)), "a", PROFILE, concurrency=2, clock=loop.time
        )
        gate.release(await gate.acquire(100), tokens=100)
        gate.observe(ServerLimits(remaining_tokens=99, reset_tokens_s=7.0))
        await gate.acquire(100)
        return loop.time()

    assert 7 <= virtually(run) < 9


def test_s18_a_desk_that_is_lost_is_an_error_of_the_call() -> None:
    """Of the gate and of the money; the place of the call is free again."""

    async def lost(message: bytes) -> bytes:
        raise ConnectionResetError("the desk died")

    async def run(loop: VirtualLoop) -> None:
        gate = LeasedGate(lost, "a", PROFILE, concurrency=1, clock=loop.time)
        money = LeasedBudget(lost, "a", 1.0, loop.time)
        for asked in (gate.acquire(10), money.ensure(0.1), gate.give_back(), money.give_back()):
            with pytest.raises(ProviderError, match="cannot be reached: the desk died") as raised:
                await asked
            assert raised.value.kind == "connection"
        assert gate.in_flight == 0

    virtually(run)


def test_s18_a_call_larger_than_a_minute_is_refused() -> None:
    """As in one process, before anything is asked for."""

    async def run(loop: VirtualLoop) -> None:
        gate = LeasedGate(exchanging(Desk(None)), "a", PROFILE, concurrency=1, clock=loop.time)
        with pytest.raises(ProviderError, match="raise tpm"):
            await gate.acquire(60_001)
        assert gate.in_flight == 0

    virtually(run)


def budget(desk: Desk, worker: str) -> LeasedBudget:
    return LeasedBudget(exchanging(desk, 0.0), worker, 1.0)


async def spend(money: LeasedBudget, usd: float, calls: int) -> int:
    """How many of so many calls could be paid."""
    for number in range(calls):
        await money.ensure(usd)
        try:
            money.reserve(usd)
        except ProviderError as error:
            assert error.kind == "budget"
            return number
        money.settle(usd, usd)
    return calls


def run(work: Coroutine[Any, Any, int]) -> int:
    return asyncio.run(work)


def test_s18_workers_together_spend_the_money_and_no_more() -> None:
    """100 calls of one cent, whoever makes them; what one gives back another spends."""
    desk = Desk(1.0)
    first, second = budget(desk, "1/2"), budget(desk, "2/2")
    assert run(spend(first, 0.01, 31)) == 31
    asyncio.run(first.give_back())
    assert run(spend(second, 0.01, 1000)) == 69
    message = MoneyMessage("1/2", 0.31, 0.01, 0.01).pack()
    assert MoneyAnswer.unpack(desk.answer(message)).granted_usd == 0
    with pytest.raises(
        ProviderError, match=r"--max-cost 1 is reached: 1\.0000 USD spent by all workers, and"
    ):
        second.reserve(0.01)


def test_s18_calls_that_wait_for_money_wait_together() -> None:
    """Another worker holds all of it: eight calls at a time are refused after a minute, not after eight."""

    async def wait(loop: VirtualLoop) -> float:
        desk = Desk(1.0, clock=loop.time)
        desk.answer(MoneyMessage("2/2", 0.0, 1.0, 1.0).pack())
        money = LeasedBudget(exchanging(desk), "1/2", 1.0, loop.time)
        await asyncio.gather(*(money.ensure(0.01) for _ in range(8)))
        return loop.time()

    assert HELD_S <= virtually(wait) < HELD_S + 2


def test_s18_what_a_dead_worker_had_leased_stays_counted() -> None:
    """Invariant 4: the money of eight calls, all but one of which it made; said where the run stops."""
    desk = Desk(1.0)
    assert run(spend(budget(desk, "1/2"), 0.01, 1)) == 1
    retried = budget(desk, "1/2")
    retried.settle(0.0, 0.01)  # the row that the first one stored
    assert run(spend(retried, 0.01, 1000)) == 92
    with pytest.raises(ProviderError, match=r"0\.0700 possibly spent by workers that died"):
        retried.reserve(0.01)


def test_s18_a_desk_in_the_place_of_a_dead_one(tmp_path: Path) -> None:
    """Invariant 5: no calls for a minute; and it knows what money was leased."""
    settings = DeskSettings(tmp_path / "desk.json", 1.0)
    KeptDesk(settings).answer(MoneyMessage("1/2", 0.0, 0.1, 0.6).pack())
    other = KeptDesk(settings)
    asked = LeaseMessage.of(
        {
            "worker": "1/2", "model": "m", "rpm": 60, "tpm": None, "lease": 0, "spent": [], "corrections": [],
            "demand": [1, 0, 0], "pause_s": 0,
        }
    )  # fmt: skip
    answer = unpacked_answer(other.answer(asked.pack()))
    assert getattr(answer, "seconds", 0) > 60
    found = MoneyAnswer.unpack(other.answer(MoneyMessage("2/2", 0.0, 0.1, 0.6).pack()))
    assert found.granted_usd == pytest.approx(0.4)
    assert FORGOTTEN_AFTER_S > 60


def test_s18_accounts_that_no_desk_wrote_stop_the_run(tmp_path: Path) -> None:
    """What was spent is not known, so nothing more is."""
    (tmp_path / "desk.json").write_text('{"a": 1}')
    with pytest.raises(StoreError, match="what was spent is not known"):
        KeptDesk(DeskSettings(tmp_path / "desk.json", 1.0))


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"kind": "lease"}', b'{"kind": "other"}', b"\xff"])
def test_s18_a_message_that_is_none_is_refused(data: bytes) -> None:
    """By a ValueError or KeyError, and nothing is leased."""
    with pytest.raises((ValueError, KeyError)):
        Desk(None).answer(data)
