"""Calls and money of runs in shards, before a server that counts them."""

import random
from dataclasses import replace
from typing import Any

import pytest

from prompteval.engine.stored import reading
from prompteval.report.view import RunView
from prompteval.workspace.settings import find_workspace
from tests.cluster.forking_engine import ForkingEngine
from tests.cluster.test_cluster_run import PLAIN, keys, run
from tests.cluster.test_cluster_run import small_shards as small_shards
from tests.faults.conftest import KEY
from tests.faults.conftest import live as live

CASES = 80
PRICE = {"input": 100.0, "output": 100.0}  # USD a million tokens


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_KEY", KEY)


def outcomes(ws: Any, view: RunView) -> list[str | None]:
    """How every attempt of a run ended; None where that was not seen."""
    with reading(find_workspace(ws.root)) as store:
        return [one[8] for one in store.attempts(view.run_id)]


def test_s18_invariants_3_and_4_of_workers_that_die_with_calls_in_flight(live: Any) -> None:
    """Every call is an attempt, every result has one, and those whose end nobody saw are possibly billed."""
    with live(CASES, server={"latency_s": 0.04}, price=PRICE) as ws:
        engine = ForkingEngine(workers=2, kills=6, retries=20, rng=random.Random(5))
        view = run(ws.root, engine, replace(PLAIN, concurrency=4, max_cost=100.0))
        ended, usage = outcomes(ws, view), view.results[0].usage
        assert len(keys(view)) == CASES == len(set(keys(view)))
        assert engine.killed == 6 and view.exit_code == 0
        assert len(ended) >= ws.server.stats["requests"] >= CASES
        assert ended.count("ok") >= CASES
        assert usage["possibly_billed"] == ended.count(None) <= 6 * 4


def test_s18_a_run_stops_at_its_money_and_is_continued_with_more(live: Any) -> None:
    """Spent is at most the limit; exit 3; what was answered is not asked for again."""
    with live(CASES, price=PRICE) as ws:
        whole = run(ws.root, ForkingEngine(), replace(PLAIN, max_cost=100.0))
        cost = float(whole.results[0].usage["cost_usd"])
        asked = ws.server.stats["requests"]
        half = run(ws.root, ForkingEngine(workers=4), replace(PLAIN, max_cost=cost / 2))
        spent = float(half.results[0].usage["cost_usd"])
        assert half.exit_code == 3 and "--max-cost" in half.reason and "by all workers" in half.reason
        assert 0 < spent <= cost / 2
        done = run(ws.root, ForkingEngine(workers=4), replace(PLAIN, resume="last", max_cost=2 * cost))
        assert done.exit_code == 0 and len(keys(done)) == CASES
        assert ws.server.stats["requests"] == 2 * asked
