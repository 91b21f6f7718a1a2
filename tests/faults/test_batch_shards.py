"""`--batch` in shards: each shard sends its own, and the merged run is that of one process."""

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from prompteval.testing.server import BatchPlan
from tests.cluster.cluster_workspace import comparable
from tests.faults.conftest import make
from tests.faults.test_batch import sent
from tests.faults.test_message_batches import Batches
from tests.hostile import Hostile

CASES = 25


def taken(root: Path, number: int) -> str:
    """The store of a shard, taken to where the others are."""
    place = root / f"part-{number}"
    place.mkdir()
    shutil.move(root / ".prompteval/results.sqlite", place / "results.sqlite")
    return str(place)


def shards(ws: Any, total: int, *arguments: str) -> list[str]:
    places = []
    for number in range(1, total + 1):
        ws.run("run", "--batch", "--no-cache", "--shard", f"{number}/{total}", *arguments, code=0)
        places.append(taken(ws.root, number))
    random.Random(total).shuffle(places)
    return places


def merged(ws: Any, places: list[str], code: int = 0) -> dict[str, Any]:
    return comparable(ws.run("runs", "merge", *places, "--json", "-q", code=code)[0])


@pytest.mark.parametrize("total", [3, 8])
def test_s18_batches_of_shards_are_the_run_of_one_process(live: Any, total: int) -> None:
    """Invariants 1 and 6: every request in one batch, replies joined by their ids in whatever order they come."""
    with live(CASES, server={"batch": BatchPlan(polls=2)}) as ws:
        whole = comparable(ws.run("run", "--batch", "--no-cache", "--json", "-q", code=0)[0])
        calls = comparable(ws.run("run", "--no-cache", "--json", "-q", code=0)[0])
        assert merged(ws, shards(ws, total)) == whole == calls
        assert sum(sent(ws)[1:]) == sent(ws)[0] == CASES


def test_s18_gaps_of_a_shards_batch_are_sent_again(live: Any) -> None:
    """Lines that failed and that expired: the shard is incomplete, resumed, and merged with the others."""
    with live(CASES, server={"batch": BatchPlan()}) as ws:
        ws.run("run", "--batch", "--no-cache", "--shard", "1/2", code=0)
        first = taken(ws.root, 1)
        ws.server._batches.plan = BatchPlan(failing={0: 500}, expire_after=4)
        ws.run("run", "--batch", "--no-cache", "--shard", "2/2", code=3)
        ws.server._batches.plan = BatchPlan()
        ws.run("run", "--resume", "--no-cache", code=0)
        left = sent(ws)
        assert left[0] + left[1] == CASES and left[2] == left[1] - 3
        assert merged(ws, [first, taken(ws.root, 2)])["results"][0]["cases"]["scored"] == CASES
        assert ws.server.stats["requests"] == 0


def test_s18_message_batches_of_shards(tmp_path: Path) -> None:
    """Anthropic's, through the same verb."""
    served = Batches()
    with Hostile(served) as server:
        ws = make(tmp_path / "ws", server, CASES, provider="anthropic")  # type: ignore[arg-type]
        whole = comparable(ws.run("run", "--batch", "--no-cache", "--json", "-q", code=0)[0])
        assert len(served.requests) == CASES
        assert merged(ws, shards(ws, 2)) == whole


def test_s18_a_machine_sends_no_request_of_another_shard_again(live: Any) -> None:
    """With the cache, which two shards on one machine share: the same question in both is asked once."""
    with live(CASES) as ws:
        path = ws.root / "datasets/c.jsonl"
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        for line in lines:
            line["inputs"]["message"] = "pay me"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        for number in (1, 2):
            ws.run("run", "--batch", "--shard", f"{number}/2", code=0)
        assert sent(ws) == [1]
