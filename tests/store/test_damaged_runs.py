"""F37: a stored run is read back against its own hashes; F42: `last` is the run that began last."""

import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prompteval.core.case import Case
from prompteval.core.errors import DamagedRun, StoreError, UsageError
from prompteval.core.observation import Call, Observation, Row, Score
from prompteval.core.request import Usage
from prompteval.core.stored import EntryKey, RowFields
from prompteval.store.connection import open_database
from prompteval.store.pruning import delete_runs
from prompteval.store.results import SqliteStore
from prompteval.store.results_schema import MIGRATIONS

NUMBERS = json.dumps({"a": float("nan")})
FLIPS = 150
DEEP = "[" * 100_000
# Everything a record, a row and its scores have, and what a hand may write there.
EDITS = {
    "UPDATE rows SET observation = replace(observation, 'right', 'wrong')": "case 'c0' does not match",
    "UPDATE scores SET scores = '[[\"exact\",1.0]]'": "does not match its hash",
    "UPDATE scores SET hash = NULL": "does not match its hash",
    "UPDATE rows SET outcome = 'ok ', latency_ms = 'fast'": "does not match its hash",
    "UPDATE rows SET confidence = x'00ff'": "does not match its hash",
    "UPDATE rows SET case_json = 'no JSON'": "does not match its hash",
    "UPDATE rows SET fingerprint = 'sha256:1'": "does not match its hash",
    "UPDATE scores SET scores = CAST(x'fffe' AS TEXT)": "",
    "UPDATE rows SET case_id = 'c9' WHERE case_id = 'c1'": "",
    "DELETE FROM rows WHERE case_id = 'c1'": "case 'c1' does not match",
    "DELETE FROM scores WHERE case_id = 'c1'": "rows or attempts were added or removed",
    "DELETE FROM attempts": "rows or attempts were added or removed",
    "UPDATE attempts SET outcome = 'ok' WHERE outcome IS NULL": "rows or attempts were added or removed",
    "INSERT INTO rows SELECT run_id, suite, target, model, 'c7', 0, fingerprint, outcome, latency_ms,"
    " confidence, case_json, observation FROM rows WHERE run_id = 'r1' LIMIT 1": "added or removed",
    "UPDATE runs SET verdict = 'pass'": "its record does not match its hash",
    "UPDATE runs SET exit_code = 0, summary = replace(summary, '1', '0')": "its record does not match",
    "UPDATE runs SET contents = NULL": "its record does not match its hash",
    "UPDATE runs SET manifest = '{}', hash = ''": "its record does not match its hash",
    f"UPDATE runs SET summary = '{DEEP}'": "its record does not match its hash",
}
ENTRY = EntryKey("r1", "s", "p@v1", "m")
READERS: list[Callable[[SqliteStore], Any]] = [
    lambda store: store.run("r1"),
    lambda store: list(store.rows("r1")),
    lambda store: list(store.entry_rows(ENTRY, RowFields(reported=True, mark=True))),
    lambda store: store.texts(ENTRY, ["c0"]),
    lambda store: store.failures(ENTRY, 3),
    lambda store: store.tokens(ENTRY),
    lambda store: store.unseen_attempts("r1"),
]


def rows(run_id: str, count: int = 5) -> list[Row]:
    call = Call("m", "sha256:0", "live", 1, 2.5, Usage(4, 3))
    seen = Observation("ok", text="right", calls=(call,), latency_ms=-0.0, confidence=0.5, logprobs=(-0.5,))
    scores = (Score("exact", 0.0, labels=("a", None)),)
    cases = [Case(f"c{i}", {"message": "héllo"}, tags={"channel": "mail"}) for i in range(count)]
    return [Row(run_id, "s", "p@v1", "sha256:0", "m", case, 0, seen, scores) for case in cases]


def store_run(store: SqliteStore, run_id: str, started: str = "now") -> None:
    store.begin_run(run_id, {"entries": [["s", "p@v1", "m"]]}, started)
    store.add_rows(rows(run_id))
    store.add_attempts(run_id, [(0, "s", "p@v1", "m", "c0", 0, "k", 1.25, None, None, 1, None, None)])
    store.finish_run(run_id, "fail", 1, {"cases": 1}, "then")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "r.sqlite"
    store = SqliteStore.open(path)
    for run_id in ("r0", "r1", "r2"):
        store_run(store, run_id)
    store.close()
    return path


def edited(whole: Path, directory: Path, sql: str) -> Path:
    """The store with one run edited by a statement."""
    path = directory / "r.sqlite"
    shutil.copy(whole, path)
    connection = sqlite3.connect(path)
    assert connection.execute(
        f"{sql}{' AND' if ' WHERE ' in sql else ' WHERE'} run_id = 'r1'" if "LIMIT" not in sql else sql
    ).rowcount
    connection.commit()
    connection.close()
    return path


@pytest.mark.parametrize("sql", EDITS)
def test_f37_an_edit_is_refused_in_one_sentence(whole: Path, tmp_path: Path, sql: str) -> None:
    """By whatever reads the run, which is named; and the runs beside it are read as before."""
    path = edited(whole, tmp_path, sql)
    for read in READERS:
        store = SqliteStore.open(path, readonly=True)
        with pytest.raises(DamagedRun, match=f"run r1 is damaged: .*{EDITS[sql]}") as caught:
            read(store)
        assert ("\n" in str(caught.value), caught.value.exit_code) == (False, 2)
        for other in ("r0", "r2"):
            assert store.run(other).verdict == "fail"
            assert list(store.rows(other)) == rows(other)
        assert [record.run_id for record in store.runs()] == ["r2", "r1", "r0"]
        store.close()


def test_f37_what_was_stored_is_not_refused(tmp_path: Path) -> None:
    """By the store that wrote it, by another, while the run continues, and when it continues after an end."""
    path = tmp_path / "r.sqlite"
    store = SqliteStore.open(path)
    store.begin_run("r1", {}, "now")
    store.add_rows(rows("r1", 3))
    store.flush()
    reader = SqliteStore.open(path, readonly=True)
    assert list(reader.rows("r1")) == list(store.rows("r1")) == rows("r1", 3)
    reader.close()
    store.finish_run("r1", "incomplete", 3, {}, "then")
    store.close()
    store = SqliteStore.open(path)
    store.continue_run("r1")
    store.add_rows([replace(row, scores=(Score("exact", 1.0),)) for row in rows("r1", 5)])
    store.finish_run("r1", "pass", 0, {}, "later")
    store.close()
    reader = SqliteStore.open(path, readonly=True)
    assert reader.run("r1").verdict == "pass"
    assert [row.scores[0].value for row in reader.rows("r1")] == [1.0] * 5
    reader.close()


def test_f37_any_bit_that_flips_is_found_or_does_not_matter(whole: Path, tmp_path: Path) -> None:
    """Wherever it is in the file: every run is read as it was, or refused in one sentence; writing too."""
    data, chance = whole.read_bytes(), random.Random(37)
    refused = 0
    for _ in range(FLIPS):
        path = tmp_path / "r.sqlite"
        place, bit = chance.randrange(len(data)), 1 << chance.randrange(8)
        path.write_bytes(data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :])
        try:
            store = SqliteStore.open(path)
        except StoreError as error:
            assert "\n" not in str(error)
            refused += 1
            continue
        for run_id in ("r0", "r1", "r2"):
            try:
                assert store.run(run_id).summary == {"cases": 1}
                assert list(store.rows(run_id)) == rows(run_id)
            except (StoreError, UsageError) as error:  # a damaged record is found by no id
                assert "\n" not in str(error)
                refused += 1
        with suppress(StoreError):
            store_run(store, "r3")
        with suppress(StoreError):
            store.close()
        for left in tmp_path.iterdir():
            left.unlink()
    assert refused > FLIPS / 10


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE rows SET observation = '{\"text\":5}'",
        "UPDATE rows SET observation = 'nothing'",
        f"UPDATE rows SET observation = '{DEEP}'",
        f"UPDATE rows SET case_json = '{{\"inputs\":{NUMBERS}}}'",
        'UPDATE rows SET case_json = \'{"inputs":1,"tags":[1]}\'',
        "UPDATE rows SET outcome = 'splendid'",
        "UPDATE rows SET latency_ms = 'fast'",
        "UPDATE rows SET confidence = 9e999",
        'UPDATE scores SET scores = \'[["exact","one"]]\'',
        "UPDATE scores SET scores = '[[]]'",
        "UPDATE scores SET scores = '{}'",
        "UPDATE scores SET scores = x'ff'",
        "UPDATE runs SET manifest = '[]'",
        "UPDATE runs SET manifest = '{\"entries\":[1]}'",
        'UPDATE runs SET manifest = \'{"suites":{"s":{"scorers":[[1]]}}}\'',
        "UPDATE runs SET summary = '7', exit_code = 'zero'",
        "UPDATE runs SET verdict = 'splendid'",
    ],
)
def test_f37_a_run_from_before_hashes_is_refused_where_it_cannot_be_read(tmp_path: Path, sql: str) -> None:
    """It has nothing to be compared with, so each value must at least be of its kind."""
    path = tmp_path / "r.sqlite"
    database = open_database(path, MIGRATIONS[:2])
    with database.transaction() as connection:
        for run in ("r0", "r1"):
            connection.execute("INSERT INTO runs VALUES (?,'now',NULL,NULL,NULL,'{}',NULL)", (run,))
            key = (run, "s", "p@v1", "m", "c1", 0)
            values = (*key, "sha256:0", "ok", 1.5, None, '{"inputs":{}}', '{"text":"x"}')
            connection.execute("INSERT INTO rows VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", values)
            connection.execute("INSERT INTO scores VALUES (?,?,?,?,?,?,?)", (*key, '[["exact",1.0]]'))
        connection.execute(f"{sql} WHERE run_id = 'r1'")
    database.close()
    for readonly in (True, False):
        store = SqliteStore.open(path, readonly=readonly)
        with pytest.raises(DamagedRun, match="run r1 is damaged"):
            store.run("r1")
        assert len(list(store.rows(store.run("r0").run_id))) == 1
        store.close()


def test_f42_last_is_the_run_that_began_last(tmp_path: Path) -> None:
    """Whatever the clock said, and also after runs were removed and the file was made smaller."""
    path = tmp_path / "r.sqlite"
    store = SqliteStore.open(path)
    for run_id, started in (("r3", "2026-03"), ("r1", "2026-01"), ("r2", "2026-02")):
        store_run(store, run_id, started)
    assert store.run("last").run_id == "r2"
    assert [record.run_id for record in store.runs()] == ["r2", "r1", "r3"]
    store.close()
    delete_runs(path, ["r1"])
    store = SqliteStore.open(path)
    store_run(store, "r0", "2025-01")
    assert [record.run_id for record in store.runs()] == ["r0", "r2", "r3"]
    store.close()


def test_a_damaged_run_is_listed_and_removed(whole: Path, tmp_path: Path) -> None:
    """It is there in the list, with why; `last` is refused and not the run before it; it can go."""
    path = edited(whole, tmp_path, "UPDATE runs SET manifest = '{'")
    delete_runs(path, ["r2"])
    store = SqliteStore.open(path, readonly=True)
    assert ["" if one.damage else one.run_id for one in store.runs()] == ["", "r0"]
    with pytest.raises(DamagedRun, match="`prompteval runs rm r1` removes it"):
        store.run("last")
    assert store.find("last").run_id == "r1"
    store.close()
    delete_runs(path, ["r1"])
    store = SqliteStore.open(path, readonly=True)
    assert store.run("last").run_id == "r0"
    store.close()


@pytest.mark.parametrize(
    "column", ["started", "verdict", "exit_code", "manifest", "summary", "contents", "hash"]
)
def test_f37_a_record_that_is_no_text_hides_no_other_run(tmp_path: Path, column: str) -> None:
    """One bit makes a byte that no UTF-8 has: that run is damaged and can be removed, the others are read."""
    path = tmp_path / "r.sqlite"
    store = SqliteStore.open(path)
    for run_id in ("r1", "r2"):
        store_run(store, run_id)
    store.close()
    connection = sqlite3.connect(path)
    connection.execute(f"UPDATE runs SET {column} = CAST(x'fffe' AS TEXT) WHERE run_id = 'r2'")
    connection.commit()
    connection.close()
    store = SqliteStore.open(path, readonly=True)
    assert [bool(record.damage) for record in store.runs()] == [True, False]
    assert (store.run("r1").run_id, len(list(store.rows("r1")))) == ("r1", 5)
    with pytest.raises(DamagedRun):
        store.run("last")
    store.close()
    delete_runs(path, ["r2"])
    store = SqliteStore.open(path, readonly=True)
    assert [record.run_id for record in store.runs()] == ["r1"]
    store.close()
