"""The conformance kit of stores, on both."""

from contextlib import closing
from pathlib import Path

import pytest

from prompteval.core.case import Case
from prompteval.core.observation import Observation, Row, Score
from prompteval.store.protocol import ResultsStore
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


def passed(store: ResultsStore, manifest: dict[str, object]) -> bool | None:
    """Whether the first score of a row passes, of a run with this manifest."""
    run_id = f"r{len(store.runs())}"
    score = Score("exact", 1.0)
    seen = Observation("ok", text="x")
    store.begin_run(run_id, manifest, "2026-01-01T00:00:00")
    store.add_rows([Row(run_id, "s", "p@v1", "sha256:0", "m", Case(id="c", inputs={}), 0, seen, (score,))])
    store.finish_run(run_id, "pass", 0, {}, "2026-01-01T00:00:01")
    (row,) = store.rows(run_id)
    return row.scores[0].passed


BEFORE_PASSING = {"prompteval": "0.1", "suites": {}, "entries": []}
MANIFESTS: list[dict[str, object]] = [BEFORE_PASSING, {**BEFORE_PASSING, "scores_pass": True}, {}]


def test_the_first_score_of_a_run_from_before_passing_decides(tmp_path: Path) -> None:
    """Its scores do not say whether they pass: 1 does."""
    with closing(SqliteStore.open(tmp_path / "r.sqlite")) as store:
        assert [passed(store, manifest) for manifest in MANIFESTS] == [True, None, None]


@pytest.mark.slow
@pytest.mark.usefixtures("address")
def test_postgres_the_first_score_of_a_run_from_before_passing_decides() -> None:
    """The same."""
    from prompteval.store.postgres.results import PostgresStore

    with closing(PostgresStore.open()) as store:
        assert [passed(store, manifest) for manifest in MANIFESTS] == [True, None, None]
