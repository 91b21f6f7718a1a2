"""Bounded concurrency, grouped rows, stopping."""

import asyncio
from collections.abc import Sequence

from prompteval.core.case import Case
from prompteval.core.observation import Failure, Observation, Row, Score
from prompteval.engine.runner import Entry, Stop, run_cases, score_all

ENTRY = Entry("r1", "suite", "p@v1", "sha256:0", "m")


def run(target: object, count: int, concurrency: int, stop: Stop | None = None) -> list[Row]:
    rows: list[Row] = []

    async def go() -> None:
        work = ((Case(id=f"c{i}", inputs={}), 0) for i in range(count))
        await run_cases(
            ENTRY, work, target, [], concurrency=concurrency, sink=rows.extend, on_row=lambda row: None,
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


def test_a_scorer_that_raises_is_a_failed_score() -> None:
    """A broken scorer costs its own score, not the row."""

    class Broken:
        name = "broken"

        def score(self, case: Case, observation: Observation) -> Score:
            raise ZeroDivisionError("oh")

    scores: Sequence[Score] = score_all([Broken()], Case(id="a", inputs={}), Observation("ok"))
    assert (scores[0].status, scores[0].value) == ("failed", None)
    assert "ZeroDivisionError" in scores[0].reason
