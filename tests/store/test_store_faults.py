"""Files that are foreign, newer, cut, damaged, shared or in the way."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from prompteval.core.case import Case
from prompteval.core.errors import StoreError
from prompteval.core.notice import Notice
from prompteval.core.observation import Observation, Row
from prompteval.core.request import Response
from prompteval.store import pruning
from prompteval.store.cache import SqliteCache
from prompteval.store.connection import open_database
from prompteval.store.pruning import database_bytes, delete_replies, delete_runs
from prompteval.store.results import SqliteStore
from prompteval.store.results_schema import HASHED_VERSION, MIGRATIONS


def rows(run_id: str, count: int) -> list[Row]:
    return [
        Row(
            run_id,
            "s",
            "p@v1",
            "sha256:0",
            "m",
            Case(id=f"c{i}", inputs={}),
            0,
            Observation("ok", text="x" * 200),
        )
        for i in range(count)
    ]


def filled(path: Path, *run_ids: str, count: int = 500) -> None:
    store = SqliteStore.open(path)
    for run_id in run_ids:
        store.begin_run(run_id, {}, f"2026-01-01T00:00:00-{run_id}")
        store.add_rows(rows(run_id, count))
        store.finish_run(run_id, "pass", 0, {}, "2026-01-01T00:00:01")
    store.close()


def refused(path: Path) -> str:
    """The message with which a file is refused; its bytes must stay as they are."""
    before = path.read_bytes()
    with pytest.raises(StoreError) as caught:
        SqliteStore.open(path)
    assert path.read_bytes() == before
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_f27_a_newer_schema_is_refused_by_number(tmp_path: Path) -> None:
    """The message names both versions."""
    path = tmp_path / "r.sqlite"
    filled(path, "r1")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    assert f"schema version 99, this prompteval knows {len(MIGRATIONS)}" in refused(path)


def test_f27_another_programs_database_is_refused(tmp_path: Path) -> None:
    """It is not touched."""
    path = tmp_path / "r.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    assert "another program" in refused(path)


def test_f27_what_is_no_database_or_was_cut_is_refused(tmp_path: Path) -> None:
    """A text file, and the first half of a database."""
    path = tmp_path / "r.sqlite"
    path.write_text("not a database, but a note that somebody wants to keep " * 10)
    assert "is not a SQLite database" in refused(path)
    whole = tmp_path / "whole.sqlite"
    filled(whole, "r1")
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert "was cut short" in refused(path)


@pytest.mark.parametrize("version", range(1, HASHED_VERSION))
def test_a_file_of_an_older_version_is_read_and_brought_up_to_date(tmp_path: Path, version: int) -> None:
    """As it is when it is opened for reading; every step that is missing is applied before a write."""
    path = tmp_path / "r.sqlite"
    with closing(open_database(path, MIGRATIONS[:version])) as database, database.transaction() as connection:
        for run in ("first", "second"):
            values = (run, "2026-01-01", None, None, None, "{}", None)
            connection.execute("INSERT INTO runs VALUES (?,?,?,?,?,?,?)", values)
            key = (run, "s", "p@v1", "m", "c1", 0)
            values = (*key, "sha256:0", "ok", 1.5, None, '{"inputs":{}}', '{"text":"x"}')
            connection.execute("INSERT INTO rows VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", values)
            connection.execute("INSERT INTO scores VALUES (?,?,?,?,?,?,?)", (*key, '[["exact",1.0]]'))
    for readonly in (True, False):
        store = SqliteStore.open(path, readonly=readonly)
        assert [run.run_id for run in store.runs()] == ["second", "first"]
        assert [row.scores[0].value for row in store.rows(store.run("last").run_id)] == [1.0]
        store.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


def test_a_file_from_before_names_has_none_until_one_is_given(tmp_path: Path) -> None:
    """It is read as it is; opened for writing, it takes one."""
    path = tmp_path / "r.sqlite"
    filled(path, "r1")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE names")
        connection.execute("PRAGMA user_version = 3")
    with closing(SqliteStore.open(path, readonly=True)) as store:
        assert store.names() == {} and store.run("r1").verdict == "pass"
    with closing(SqliteStore.open(path)) as store:
        store.set_name("release", "r1")
        assert store.find("baseline:release").run_id == "r1"


def test_f25_two_processes_write_one_store(tmp_path: Path) -> None:
    """Both finish, and nothing is locked out or lost."""
    path = tmp_path / "r.sqlite"
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[3])\n"
        "from test_store_faults import rows; from prompteval.store.results import SqliteStore\n"
        "store = SqliteStore.open(Path(sys.argv[1])); run = sys.argv[2]; store.begin_run(run, {}, run)\n"
        "for row in rows(run, 400): store.add_rows([row])\n"
        "store.finish_run(run, 'pass', 0, {}, 'now'); store.close()\n"
    )
    here = str(Path(__file__).parent)
    both = [
        subprocess.Popen([sys.executable, "-B", "-c", code, str(path), run, here]) for run in ("r1", "r2")
    ]
    assert [process.wait(60) for process in both] == [0, 0]
    store = SqliteStore.open(path, readonly=True)
    assert [len(list(store.rows(run))) for run in ("r1", "r2")] == [400, 400]
    store.close()


def test_f26_a_store_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """Here a file stands where the directory should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        SqliteStore.open(tmp_path / "file" / "r.sqlite")


def test_f26_a_network_drive_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where SQLite cannot share memory there is no write-ahead log, and the fix is a local path."""
    monkeypatch.setattr("prompteval.store.connection._use_log", lambda connection: "delete")
    with pytest.raises(StoreError, match="network drive; set `store` to a local path"):
        SqliteStore.open(tmp_path / "r.sqlite")


def test_f32_a_damaged_reply_is_a_miss(tmp_path: Path) -> None:
    """With a warning that names it; the other replies stay."""
    cache = SqliteCache.open(tmp_path / "c.sqlite")
    for key in ("sha256:a", "sha256:b"):
        cache.put(key, "{}", Response("text"))
    cache.close()
    connection = sqlite3.connect(tmp_path / "c.sqlite")
    connection.execute("UPDATE replies SET response = '{\"text\": ' WHERE key = 'sha256:a'")
    connection.commit()
    connection.close()
    cache = SqliteCache.open(tmp_path / "c.sqlite")
    with pytest.warns(Notice, match=r"sha256:a\.\.\. is damaged"):
        assert cache.get("sha256:a") is None
    assert cache.get("sha256:b") == Response("text", served_by="cache")
    cache.close()


def test_a_reply_is_found_at_once_and_after_many_others(tmp_path: Path) -> None:
    """Before it is committed it comes from memory, later from the file."""
    cache = SqliteCache.open(tmp_path / "c.sqlite")
    for number in range(2000):
        cache.put(f"k{number}", "{}", Response(str(number)))
        found = cache.get(f"k{number}")
        assert found is not None
        assert found.text == str(number)
    assert all(cache.get(f"k{number}") == Response(str(number), served_by="cache") for number in range(2000))
    cache.close()


def test_runs_are_removed_and_the_file_shrinks(tmp_path: Path) -> None:
    """Everything of a run goes; the others stay whole."""
    path = tmp_path / "r.sqlite"
    filled(path, "r1", "r2", "r3")
    before = database_bytes(path)
    delete_runs(path, ["r1", "r3"])
    assert database_bytes(path) < before / 2
    store = SqliteStore.open(path, readonly=True)
    assert ([run.run_id for run in store.runs()], len(list(store.rows("r2")))) == (["r2"], 500)
    store.close()


def test_runs_that_cannot_be_removed_are_not_said_to_be_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was asked for failed, and that is said; nothing went."""
    path = tmp_path / "r.sqlite"
    filled(path, "r1", count=3)
    monkeypatch.setattr(pruning, "TABLES", (*pruning.TABLES, "nowhere"))
    with pytest.raises(StoreError, match="nothing could be removed: no such table"):
        delete_runs(path, ["r1"])
    with closing(SqliteStore.open(path, readonly=True)) as store:
        assert store.row_count("r1") == 3


def test_old_replies_are_removed(tmp_path: Path) -> None:
    """By the day they were stored; None means all."""
    path = tmp_path / "c.sqlite"
    cache = SqliteCache.open(path)
    for number in range(300):
        cache.put(f"k{number}", "{}", Response("x" * 500))
    cache.close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE replies SET day = 100 WHERE key < 'k2'")
    connection.commit()
    connection.close()
    assert delete_replies(path, before_day=101) == 112
    assert delete_replies(path, None) == 188
    assert database_bytes(path) < 40_000
