"""A run whose Postgres is frozen, crashes, or goes away for good while it calls its model."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from prompteval.workspace.store_place import ADDRESS_VARIABLE
from tests.faults.test_postgres_runs import MOST_TWICE, comparable, last, shared
from tests.postgres_server import Server, controlled_server
from tests.store.postgres_place import address_of

pytestmark = pytest.mark.slow
CASES = 80


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with controlled_server() as running:
        yield running


@pytest.fixture
def place(server: Server, live: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A workspace whose results go to Postgres, with what a run in SQLite gave."""
    monkeypatch.setenv(ADDRESS_VARIABLE, address_of(server.address))
    with live(CASES, server={"latency_s": 0.1}) as workspace:
        workspace.run("run", "-q", code=0)
        expected = comparable(workspace, "sqlite", last(workspace))
        shared(workspace)
        yield workspace, expected


def during(workspace: Any, fault: Callable[[], None]) -> tuple[int, str, float]:
    """(exit code, what it printed, seconds) of a run in the middle of which a fault happens."""
    before, started = len(workspace.server.requests), time.monotonic()
    process = workspace.start("run", "-j", "4", "--no-cache")
    while len(workspace.server.requests) < before + 20 and time.monotonic() < started + 60:
        time.sleep(0.01)
    fault()
    out, problems = process.communicate(timeout=200)
    assert "Traceback" not in problems, problems
    return process.returncode, out + problems, time.monotonic() - started


def test_a_frozen_server_delays_a_run_and_nothing_else(server: Server, place: Any) -> None:
    """Ten seconds: no row is lost, none is doubled, and the verdict is the same."""
    workspace, expected = place

    def freeze() -> None:
        with server.frozen():
            time.sleep(10)

    code, said, seconds = during(workspace, freeze)
    assert code == 0 and seconds > 10, said
    assert comparable(workspace, "frozen", last(workspace)) == expected


def test_a_server_that_restarts_is_found_again(server: Server, place: Any) -> None:
    """A crash with a recovery of two seconds."""
    workspace, expected = place

    def restart() -> None:
        server.crash()
        time.sleep(2)
        server.start()

    code, said, _ = during(workspace, restart)
    assert code == 0, said
    assert comparable(workspace, "restarted", last(workspace)) == expected


def test_a_server_that_stays_away_stops_the_run_and_the_rest_is_run_later(server: Server, place: Any) -> None:
    """F24: calls stop, exit 3 with how to continue; earlier results are there, and the end is the same."""
    workspace, expected = place
    before = len(workspace.server.requests)
    code, said, seconds = during(workspace, server.crash)
    asked = len(workspace.server.requests) - before
    try:
        assert code == 3 and "--resume-run" in said and "postgres:" in said, said
        assert asked < CASES and seconds < 120
    finally:
        server.start()
    run_id = last(workspace)
    assert json.loads(workspace.run("runs", "--json", code=0)[0])[0]["verdict"] is None
    workspace.run("run", "--resume-run", run_id, "-q", code=0)
    assert comparable(workspace, "resumed", run_id) == expected
    assert len(workspace.server.requests) - before <= CASES + MOST_TWICE
