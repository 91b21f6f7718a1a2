"""What waits in memory is bounded by its bytes, not only by its number."""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from prompteval.core.case import Case
from prompteval.core.held import Held, text_bytes
from prompteval.core.observation import Observation, Row, Score
from prompteval.core.protocols import Scorer
from prompteval.core.retrieval import Chunk, Context
from prompteval.engine import row_groups, runner
from prompteval.engine.interruption import Stop
from prompteval.engine.row_groups import RowGroups
from prompteval.engine.scoring.lanes import Workers
from prompteval.engine.scoring.scoring import Scoring
from prompteval.store import writer
from prompteval.store.connection import open_database
from prompteval.store.results_schema import MIGRATIONS

ENTRY = runner.EntryIdentity("r1", "suite", "p@v1", "sha256:0", "m")
LONG = "x" * 50_000


class Slow(Scorer):
    """A scorer that takes its time."""

    name = "slow"
    pace = "long"

    async def score(self, case: Case, observation: Observation) -> float:
        await asyncio.sleep(0.002)
        return 1.0


@pytest.mark.parametrize("bound", ["MOST_UNSCORED", "UNSCORED_BYTES"])
def test_answers_that_wait_for_a_slow_scorer_are_bounded(monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    """Of 200 answers never more than 8, by number or by bytes, and those in flight are unscored at a time."""
    monkeypatch.setattr(runner, bound, 8 if bound == "MOST_UNSCORED" else 8 * len(LONG))
    answered, scored, most = 0, 0, 0

    async def target(case: Case, replicate: int) -> Observation:
        nonlocal answered, most
        await asyncio.sleep(0)
        answered += 1
        most = max(most, answered - scored)
        return Observation("ok", text=LONG)

    def on_row(row: Row) -> None:
        nonlocal scored
        scored += 1

    async def go() -> None:
        work = ((Case(id=f"c{i}", inputs={}), 0) for i in range(200))
        scoring = Scoring([Slow()], Workers(1))
        await runner.run_cases(
            ENTRY, work, target, scoring, concurrency=4, sink=lambda rows: None, on_row=on_row, stop=Stop()
        )

    asyncio.run(go())
    assert scored == 200
    assert most <= 8 + 4


def test_workers_that_wait_for_room_are_not_all_woken_for_each_score(monkeypatch: pytest.MonkeyPatch) -> None:
    """50 workers over a slow scorer look for room a few times a case, not once each whenever one is scored."""
    monkeypatch.setattr(runner, "MOST_UNSCORED", 60)
    looks, rows = 0, 0
    has_room = runner._Crew._has_room

    def counted(crew: runner._Crew) -> bool:
        nonlocal looks
        looks += 1
        assert has_room.fget is not None
        return bool(has_room.fget(crew))

    monkeypatch.setattr(runner._Crew, "_has_room", property(counted))

    async def target(case: Case, replicate: int) -> Observation:
        return Observation("ok", text="x")

    def sink(group: Sequence[Row]) -> None:
        nonlocal rows
        rows += len(group)

    async def go() -> None:
        work = ((Case(id=f"c{i}", inputs={}), 0) for i in range(300))
        scoring = Scoring([Slow()], Workers(1))
        await runner.run_cases(
            ENTRY, work, target, scoring, concurrency=50, sink=sink, on_row=lambda row: None, stop=Stop()
        )

    asyncio.run(go())
    assert rows == 300
    assert looks < 8 * 300, looks


def test_long_rows_make_small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group leaves when its texts are long enough, long before it has 256 rows."""
    monkeypatch.setattr(row_groups, "BYTES_PER_GROUP", 3 * len(LONG))
    groups: list[int] = []

    def sink(rows: Sequence[Row]) -> None:
        groups.append(len(rows))

    async def go() -> None:
        rows = RowGroups(sink, lambda error: None)
        for number in range(9):
            seen = Observation("ok", text=LONG)
            rows.add(
                Row("r", "s", "t", "f", "m", Case(id=f"c{number}", inputs={}), 0, seen, (Score("s", 1.0),))
            )
        rows.flush()

    asyncio.run(go())
    assert groups == [3, 3, 3]


def test_the_writer_takes_no_more_bytes_than_it_can_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jobs of few bytes are queued; one that does not fit waits until those before it are committed."""
    monkeypatch.setattr(writer, "QUEUED_BYTES", 100)
    going = threading.Event()
    one = writer.Writer(open_database(tmp_path / "results.sqlite", MIGRATIONS))
    one.submit(lambda connection: going.wait(30), 60)
    one.submit(lambda connection: None, 40)
    third = threading.Thread(target=one.submit, args=(lambda connection: None, 1))
    third.start()
    third.join(0.2)
    assert third.is_alive()
    going.set()
    third.join(30)
    assert not third.is_alive()
    one.submit(lambda connection: None, 5_000)  # more than ever fits: alone
    one.close()


def test_a_broken_writer_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an error the bytes of the jobs that are dropped are free again, and the error is raised."""
    monkeypatch.setattr(writer, "QUEUED_BYTES", 100)
    one = writer.Writer(open_database(tmp_path / "results.sqlite", MIGRATIONS))
    one.submit(lambda connection: connection.execute("SELECT * FROM gone"), 90)
    with pytest.raises(writer.StoreError, match="no such table"):
        for _ in range(9):
            one.submit(lambda connection: None, 90)
    one.close()


def test_a_statement_inserts_few_long_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of any length all arrive, and no statement has more text than its bound unless it is one row."""
    monkeypatch.setattr(writer, "STATEMENT_BYTES", 1_000)
    rows = [(number, "x" * (2_000 if number % 50 == 7 else 10)) for number in range(200)]
    database = open_database(
        tmp_path / "x.sqlite", (lambda connection: connection.execute("CREATE TABLE t (a, b)"),)
    )
    statements: list[int] = []
    with database.transaction() as connection:
        connection.set_trace_callback(lambda sql: statements.append(len(sql)))
        writer.insert_many(connection, "t (a, b)", rows)
        connection.set_trace_callback(None)
        assert connection.execute("SELECT a, b FROM t ORDER BY a").fetchall() == rows
    database.close()
    assert max(statements) < 4_000
    assert len(statements) < 100


def test_bytes_of_an_observation_are_those_of_its_texts() -> None:
    """Letters beyond ASCII take more, and the chunks of a context count."""
    chunk = Chunk("d", 0, 9, LONG, "")
    seen = Observation("ok", text="é" * 1_000, context=Context((chunk,), ((chunk, "budget"),)))
    assert 100_000 < text_bytes(seen) - text_bytes(Observation("ok", text="é" * 1_000)) < 101_000
    assert text_bytes(Observation("ok", text="😀" * 1_000)) > 4_000


def test_held_is_full_at_its_bound_and_free_below() -> None:
    """What is removed is free again."""
    held = Held(10)
    held.add(9)
    assert not held.is_full
    held.add(1)
    assert held.is_full
    held.remove(5)
    assert not held.is_full
