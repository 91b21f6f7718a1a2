"""What a driver does once it knows that its cluster is lost; Ray is a stand-in that never ends a task."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from prompteval.cluster import ray_connection
from prompteval.cluster.ray_connection import _Watch
from prompteval.cluster.ray_engine import RayEngine
from prompteval.cluster.task import ShardTask
from prompteval.core.exit_codes import INCOMPLETE
from prompteval.plan.run_options import RunOptions
from prompteval.plan.shard import Shard


class Joined(RayEngine):
    """An engine that has begun so many shards on a cluster whose head is gone."""

    def __init__(self, shards: int) -> None:
        parts = (Shard(number, shards) for number in range(1, shards + 1))
        self._waiting: Any = {part: ShardTask(Path(), "r", part, RunOptions(), {}, "") for part in parts}
        self._watch = _Watch("127.0.0.1:1")


def test_s18_the_shards_of_a_lost_cluster_are_given_up_without_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One is waited for, until the watch knows; each of the others would cost a second."""
    waited: list[float] = []

    def wait(running: list[object], *, num_returns: int, timeout: float) -> tuple[list[object], list[object]]:
        waited.append(timeout)
        return [], running

    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(wait=wait))
    monkeypatch.setattr(ray_connection, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(ray_connection, "HEAD_AWAY_S", 0.0)
    found = list(iter(Joined(20)._next, None))
    assert {result.shard.number for result in found} == set(range(1, 21))
    assert {result.exit_code for result in found} == {INCOMPLETE}
    assert waited == [1.0, *[0.0] * 19]
