"""S33 and S17: a database that came with somebody's repository is data, and only of our shape."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from prompteval.core.errors import StoreError
from prompteval.core.request import Response
from prompteval.store.blob_cache import SqliteBlobCache
from prompteval.store.cache import SqliteCache
from prompteval.store.results import SqliteStore

FOREIGN = {
    "trigger": "CREATE TRIGGER foreign_one AFTER INSERT ON {table} BEGIN DELETE FROM {table}; END",
    "view": "CREATE VIEW foreign_one AS SELECT load_extension('x.so')",
    "table": "CREATE TABLE foreign_one (a)",
    "virtual": "CREATE VIRTUAL TABLE foreign_one USING fts5(a)",
    "index": "CREATE INDEX foreign_one ON {table} (abs(1))",
}
KINDS: dict[str, Callable[[Path], None]] = {
    "rows": lambda path: SqliteStore.open(path).close(),
    "replies": lambda path: SqliteCache.open(path).close(),
    "vectors": lambda path: SqliteBlobCache.open(path).close(),
}


@pytest.mark.parametrize("table", KINDS)
@pytest.mark.parametrize("what", FOREIGN)
def test_s33_what_we_did_not_make_is_refused(tmp_path: Path, what: str, table: str) -> None:
    """A trigger, a view, a virtual table, an index: named in one sentence, before anything is written."""
    path = tmp_path / "d.sqlite"
    KINDS[table](path)
    connection = sqlite3.connect(path)
    connection.execute(FOREIGN[what].format(table=table))
    connection.close()
    before = path.read_bytes()
    with pytest.raises(
        StoreError, match=r"named 'foreign_one\w*', which prompteval did not create"
    ) as caught:
        KINDS[table](path)
    assert (path.read_bytes(), str(caught.value).count("\n")) == (before, 0)


@pytest.mark.parametrize("edit", ["DROP TABLE scores", "ALTER TABLE rows ADD COLUMN x DEFAULT (random())"])
def test_s33_a_table_that_was_changed_is_refused(tmp_path: Path, edit: str) -> None:
    """One that is gone, and one with a column of its own."""
    path = tmp_path / "r.sqlite"
    SqliteStore.open(path).close()
    connection = sqlite3.connect(path)
    connection.execute(edit)
    connection.close()
    for readonly in (True, False):
        with pytest.raises(StoreError, match=r"has no table named 'scores'|is not as prompteval created it"):
            SqliteStore.open(path, readonly=readonly)


def test_s33_a_trigger_that_comes_while_the_database_is_open_does_not_run(tmp_path: Path) -> None:
    """What it would do is denied, and the write fails as a whole."""
    path = tmp_path / "c.sqlite"
    cache = SqliteCache.open(path)
    connection = sqlite3.connect(path)
    connection.execute(FOREIGN["trigger"].format(table="replies"))
    connection.close()
    cache.put("k", "{}", Response("text"))
    with pytest.raises(StoreError, match="not authorized"):
        cache.flush()
    cache.close()


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", "-journal", "-lock"])
def test_s33_a_link_in_place_of_a_file_is_refused(tmp_path: Path, suffix: str) -> None:
    """SQLite would write through it; a dangling one too."""
    path = tmp_path / "r.sqlite"
    for victim in (tmp_path / "there", tmp_path / "nowhere"):
        (tmp_path / "there").write_text("precious")
        place = path.with_name(path.name + suffix)
        place.symlink_to(victim)
        for readonly in (True, False):
            with pytest.raises(StoreError, match="is a symbolic link"):
                SqliteStore.open(path, readonly=readonly)
        assert ((tmp_path / "there").read_text(), (tmp_path / "nowhere").exists()) == ("precious", False)
        place.unlink()


def test_s17_a_store_opened_for_reading_cannot_write_or_load_code(tmp_path: Path) -> None:
    """Neither data nor schema, whatever the SQL; extensions are off."""
    path = tmp_path / "r.sqlite"
    SqliteStore.open(path).close()
    store = SqliteStore.open(path, readonly=True)
    reader = store._read()
    for sql in ("DELETE FROM runs", "CREATE TABLE x (a)", "SELECT load_extension('x.so')"):
        with pytest.raises(sqlite3.OperationalError):
            reader.execute(sql)
    store.close()


def test_s23_databases_are_the_owners_alone_and_old_ones_become_so(tmp_path: Path) -> None:
    """New files are 0600, with what lies beside them; a file that others could read no longer is."""
    path = tmp_path / "r.sqlite"
    store = SqliteStore.open(path)
    store.begin_run("r1", {}, "now")
    store.flush()
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("r.sqlite", "r.sqlite-wal", "r.sqlite-shm", "r.sqlite-lock"), 0o600)
    store.close()
    path.chmod(0o644)
    SqliteStore.open(path).close()
    assert path.stat().st_mode & 0o777 == 0o600
