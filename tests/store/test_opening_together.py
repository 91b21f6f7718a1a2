"""Many processes that open one new database in the same instant."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from prompteval.store.connection import open_database


def _table(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE t (a)")


def test_f25_a_new_database_is_opened_by_many_at_once(tmp_path: Path) -> None:
    """SQLite tells one of two that switch a new file to its log that it is locked; both must open."""
    failures: list[BaseException] = []
    ready = threading.Barrier(4)

    def open_all() -> None:
        for number in range(30):
            ready.wait()
            try:
                database = open_database(tmp_path / f"{number}.sqlite", [_table])
                with database.transaction() as connection:
                    connection.execute("INSERT INTO t VALUES (1)")
                database.close()
            except BaseException as error:
                failures.append(error)

    threads = [threading.Thread(target=open_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with closing(sqlite3.connect(tmp_path / "0.sqlite")) as connection:
        rows = connection.execute("SELECT count(*) FROM t").fetchone()
    assert rows == (4,)
