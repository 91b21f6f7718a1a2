"""The conformance kit of stores, on both."""

from pathlib import Path

import pytest

from prompteval.store.results import SqliteStore
from prompteval.testing.store_kit import check_store
from tests.store.postgres_place import address as address
from tests.store.postgres_place import server as server

RUNS = [
    "other",
    *(f"many-{n}" for n in range(30, 0, -1)),
    "many",
    "batches",
    "attempts",
    "writers",
    "again",
    "rows",
]


def test_sqlite_keeps_the_promises_of_a_store(tmp_path: Path) -> None:
    """Rows, writers, attempts, ends."""
    assert check_store(lambda: SqliteStore.open(tmp_path / "r.sqlite"), tmp_path) == RUNS


@pytest.mark.slow
def test_postgres_keeps_the_promises_of_a_store(address: str, tmp_path: Path) -> None:
    """The same, over a real server."""
    from prompteval.store.postgres.results import PostgresStore

    assert check_store(PostgresStore.open, tmp_path) == RUNS
    assert not list(tmp_path.iterdir()), "no file is left"


@pytest.mark.slow
@pytest.mark.usefixtures("address")
def test_postgres_finds_a_run_by_its_id_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each shard of a cluster does: the records of a team's other runs are not read."""
    from prompteval.store.postgres.results import PostgresStore

    monkeypatch.setattr(PostgresStore, "runs", lambda *_: pytest.fail("every run was read"))
    monkeypatch.setattr(PostgresStore, "_candidates", lambda *_: pytest.fail("other runs were read"))
    store = PostgresStore.open()
    try:
        store.begin_run("r1", {}, "2026-01-01T00:00:00")
        store.flush()
        found = store.known("r1")
        assert found is not None and found.run_id == "r1"
        assert store.find("r1") == found and store.known("r") is None
    finally:
        store.close()
