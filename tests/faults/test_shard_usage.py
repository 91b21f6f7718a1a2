"""What each shard of a merged run used, and what a merged run has of it."""

import json
from typing import Any

from prompteval.testing.server import Fault
from tests.closed_schema import unmet
from tests.faults.test_batch_shards import taken

CASES = 25


def merged(ws: Any, *arguments: str, code: int = 0) -> dict[str, Any]:
    """The `usage` of a run of three shards, merged."""
    places = []
    for number in (1, 2, 3):
        ws.run("run", "--shard", f"{number}/3", *arguments, code=code)
        places.append(taken(ws.root, number))
    body = json.loads(ws.run("runs", "merge", *places, "--json", "-q", code=code)[0])
    assert unmet("run", body) == []
    usage: dict[str, Any] = body["results"][0]["usage"]
    return usage


def test_s18_the_money_of_each_shard_is_said_and_adds_up(live: Any) -> None:
    """Calls, cached replies and cost by shard are those of the run, in the order of the shards."""
    with live(CASES, price={"input": 1.0, "output": 2.0}) as ws:
        ws.run("run", "-k", "c0001 or c0002", code=0)
        usage = merged(ws)
        shards = usage["shards"]
        assert [*shards] == ["1/3", "2/3", "3/3"]
        for name in ("requests", "attempts", "cached"):
            assert sum(one[name] for one in shards.values()) == usage[name]
        assert usage["cached"] == 2 and sum(one["cases"] for one in shards.values()) == CASES
        assert abs(sum(one["cost_usd"] for one in shards.values()) - usage["cost_usd"]) < 1e-12
        assert "3 shards" in ws.run("show", "last", "-v", code=0)[0]
        assert json.loads(ws.run("show", "last", "--json", code=0)[0])["results"][0]["usage"] == usage


def test_s18_a_failed_case_counts_for_its_shard_and_for_the_merged_run(live: Any) -> None:
    """Its attempts too: nothing of a merged run is run again."""
    faults = [Fault("status", 400, "invalid_request_error")] * CASES
    with live(CASES, server={"faults": faults}) as ws:
        usage = merged(ws, code=3)
        assert usage["attempts"] == CASES
        assert all(one["errors"] == one["cases"] == one["attempts"] for one in usage["shards"].values())
