"""A run of a million rows in either store: written, ended, checked and read in bounded memory."""

import resource
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from prompteval.core.case import Case
from prompteval.core.observation import Observation, Row, Score
from prompteval.core.stored import EntryKey, RowFields
from prompteval.store.protocol import Backend
from prompteval.store.sqlite_backend import SqliteBackend
from tests.store.postgres_place import address as address
from tests.store.postgres_place import server as server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_500)]
COUNT = 1_000_000
MOST_MB = 250.0
KEY = EntryKey("r", "s", "p@v1", "m")


def rows() -> Iterator[Row]:
    seen = Observation("ok", text="x" * 20, latency_ms=52.5)
    scores = (Score("exact", 1.0, passed=True),)
    for number in range(COUNT):
        yield Row("r", "s", "p@v1", "sha256:0", "m", Case(f"c{number:07}", {}), 0, seen, scores)


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def stored_whole(backend: Backend) -> int:
    """How many rows come back of a run that was written, ended and checked."""
    with closing(backend.open()) as store:
        store.begin_run("r", {}, "now")
        source = rows()
        while group := list(islice(source, 500)):
            store.add_rows(group)
        store.finish_run("r", "pass", 0, {}, "then")
    with closing(backend.open(readonly=True)) as store:
        assert store.run("r").verdict == "pass" and store.row_count("r") == COUNT
        return sum(1 for _ in store.entry_rows(KEY, RowFields(reported=True)))


def postgres(directory: Path) -> Backend:
    from prompteval.store.postgres.backend import PostgresBackend

    return PostgresBackend()


@pytest.mark.parametrize(
    "opened",
    [lambda directory: SqliteBackend(directory / "r.sqlite", directory), postgres],
    ids=["sqlite", "postgres"],
)
def test_a_million_rows_are_stored_and_read_in_bounded_memory(
    opened: Callable[[Path], Backend], address: str, tmp_path: Path
) -> None:
    """None is lost, the hash of the whole is right, and no more of it is held than a page."""
    before = peak_mb()
    assert stored_whole(opened(tmp_path)) == COUNT
    assert peak_mb() - before < MOST_MB
