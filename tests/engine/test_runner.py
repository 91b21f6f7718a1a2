"""Bounded concurrency, grouped rows, stopping."""

import asyncio
from collections.abc import Sequence

import pytest

from prompteval.core.case import Case
from prompteval.core.observation import Failure, Observation, Row
from prompteval.engine.interruption import Stop
from prompteval.engine.row_groups import STORE_SECONDS
from prompteval.engine.runner import EntryIdentity, RetryWaits, run_cases
from prompteval.engine.scoring.lanes import Workers
from prompteval.engine.scoring.scoring import Scoring

ENTRY = EntryIdentity("r1", "suite", "p@v1", "sha256:0", "m")


def unscored() -> Scoring:
    return Scoring([], Workers(1))


def run(target: object, count: int, concurrency: int, stop: Stop | None = None) -> list[Row]:
    rows: list[Row] = []

    async def go() -> None:
        work = ((Case(id=f"c{i}", inputs={}), 0) for i in range(count))
        await run_cases(
            ENTRY, work, target, unscored(), concurrency=concurrency, sink=rows.extend, on_row=lambda row: None,
            stop=stop or Stop(),
        )  # fmt: skip

    asyncio.run(go())
    return rows


def test_every_case_ends_in_one_row() -> None:
    """No case is lost or doubled, whatever the concurrency."""

    async def target(case: Case, replicate: int) -> Observation:
        await asyncio.sleep(0)
        return Observation("ok", output=case.id)

    assert sorted(row.case.id for row in run(target, 700, 13)) == sorted(f"c{i}" for i in range(700))


def test_concurrency_is_a_bound() -> None:
    """Never more cases in flight than asked for."""
    flying, peak = 0, 0

    async def target(case: Case, replicate: int) -> Observation:
        nonlocal flying, peak
        flying += 1
        peak = max(peak, flying)
        await asyncio.sleep(0.001)
        flying -= 1
        return Observation("ok")

    run(target, 60, 7)
    assert peak == 7


def test_f2_a_spent_quota_starts_no_new_call() -> None:
    """After `insufficient_quota` the run winds down instead of failing every case one by one."""
    stop = Stop()

    async def target(case: Case, replicate: int) -> Observation:
        await asyncio.sleep(0.001)
        return Observation("error", failure=Failure("call", "quota", "quota is spent"))

    rows = run(target, 500, 4, stop)
    assert len(rows) <= 8
    assert stop.reason == "quota is spent"


def test_cases_that_end_together_after_a_wait_leave_none_behind() -> None:
    """Two workers over one place end in the same turn of the loop: one of them goes, and the rest is still done."""
    waiting, together, rows = RetryWaits(), asyncio.Event(), list[Row]()

    async def target(case: Case, replicate: int) -> Observation:
        if case.id == "c0":
            waiting(1)
            await together.wait()
        elif case.id == "c1":
            waiting(-1)
            together.set()
            await together.wait()
            await asyncio.sleep(0)
        return Observation("ok")

    async def go() -> None:
        work = ((Case(id=f"c{i}", inputs={}), 0) for i in range(9))
        await run_cases(
            ENTRY, work, target, unscored(), concurrency=1, sink=rows.extend, on_row=lambda row: None,
            stop=Stop(), waiting=waiting,
        )  # fmt: skip

    asyncio.run(go())
    assert sorted(row.case.id for row in rows) == [f"c{i}" for i in range(9)]


def test_a_case_that_waits_for_a_retry_makes_room() -> None:
    """With one place, the others run while the first waits; it is one place again afterwards."""
    waiting, order, flying, others = RetryWaits(), [], 0, asyncio.Event()

    async def target(case: Case, replicate: int) -> Observation:
        nonlocal flying
        if case.id == "c0":
            waiting(1)
            await asyncio.wait_for(others.wait(), 30)
            waiting(-1)
        else:
            flying += 1
            assert flying == 1
            await asyncio.sleep(0.002)
            flying -= 1
        order.append(case.id)
        if len(order) == 19:
            others.set()
        return Observation("ok")

    async def go() -> None:
        work = ((Case(id=f"c{i}", inputs={}), 0) for i in range(20))
        await run_cases(
            ENTRY, work, target, unscored(), concurrency=1, sink=lambda rows: None, on_row=lambda row: None,
            stop=Stop(), waiting=waiting,
        )  # fmt: skip

    asyncio.run(go())
    assert (len(order), order[-1]) == (20, "c0")


def test_finished_rows_are_stored_soon() -> None:
    """A row does not wait for its group to be full: it is handed on within a moment."""
    finished: list[float] = []
    stored: list[float] = []

    async def go() -> None:
        clock = asyncio.get_running_loop().time

        async def target(case: Case, replicate: int) -> Observation:
            await asyncio.sleep(0.01)
            return Observation("ok")

        work = ((Case(id=f"c{i}", inputs={}), 0) for i in range(20))
        await run_cases(
            ENTRY, work, target, unscored(), concurrency=2, sink=lambda rows: stored.extend([clock()] * len(rows)),
            on_row=lambda row: finished.append(clock()), stop=Stop(),
        )  # fmt: skip

    asyncio.run(go())
    assert len(stored) == 20
    assert max(late - early for early, late in zip(finished, stored, strict=True)) < 20 * STORE_SECONDS


def test_f24_a_sink_that_fails_ends_the_run() -> None:
    """What it raised is raised, also when the rows were handed on by the clock."""

    def sink(rows: Sequence[Row]) -> None:
        raise OSError("disk full")

    async def go() -> None:
        async def target(case: Case, replicate: int) -> Observation:
            await asyncio.sleep(0.01)
            return Observation("ok")

        work = ((Case(id=f"c{i}", inputs={}), 0) for i in range(10_000))
        await run_cases(
            ENTRY, work, target, unscored(), concurrency=2, sink=sink, on_row=lambda row: None, stop=Stop()
        )

    with pytest.raises(OSError, match="disk full"):
        asyncio.run(go())
