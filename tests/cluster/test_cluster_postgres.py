"""Runs in shards whose store is a real Postgres: every worker writes there, and so does the merge."""

from dataclasses import replace
from pathlib import Path

import pytest

from prompteval.cluster import task
from prompteval.core.errors import UsageError
from prompteval.engine.progress import Progress
from prompteval.engine.run import run_suites
from prompteval.engine.stored import stored_runs
from prompteval.workspace.settings import find_workspace
from tests.cluster.cluster_workspace import calls, make
from tests.cluster.forking_engine import ForkingEngine
from tests.cluster.test_cluster_run import PLAIN, keys, report, run, whole
from tests.cluster.test_cluster_run import small_shards as small_shards
from tests.store.postgres_place import address as address
from tests.store.postgres_place import server as server

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("address")]


def made(tmp_path: Path, cases: int, **more: object) -> Path:
    root = make(tmp_path, cases, **more)  # type: ignore[arg-type]
    (root / "prompteval.toml").write_text('store = "postgres"\n')
    return root


def runs(root: Path) -> list[str]:
    return [record.run_id for record in stored_runs(find_workspace(root))]


def test_s18_invariants_1_2_3_6_7_in_postgres(tmp_path: Path) -> None:
    """Workers die, and the run is that of one process; only it is left, and nothing below `.prompteval/cluster`."""
    root = made(tmp_path, 80, kind=lambda number: "die" if number in (7, 33) else "say")
    view = run(root, ForkingEngine(workers=4))
    assert 82 <= len(calls(root)) <= 80 + 2 * 20
    assert keys(view) == [(f"c{n:05}", 0) for n in range(80)]
    assert runs(root) == [view.run_id]
    assert not list((root / ".prompteval/cluster").iterdir())
    assert report(view) == whole(root)


def test_s18_a_lost_shard_is_run_by_another_driver(tmp_path: Path) -> None:
    """What the others stored is kept; one process may not take the run over, nor is a shard's run the last."""
    root = made(tmp_path, 60, kind=lambda number: "die" if number == 7 else "say")
    view = run(root, ForkingEngine(workers=2, retries=0))
    assert view.exit_code == 3 and "1 shard could not be run: " in view.reason
    assert len(runs(root)) == 1 + task.shards_for(60, 2)
    with pytest.raises(UsageError, match="was begun on a cluster"):
        run_suites(find_workspace(root), replace(PLAIN, resume="last"), Progress())
    before = len(calls(root))
    done = run(root, ForkingEngine(workers=2), replace(PLAIN, resume="last"))
    assert done.run_id == view.run_id and done.exit_code == 0, done.reason
    assert len(keys(done)) == 60
    assert len(calls(root)) - before <= 20
    assert runs(root) == [view.run_id]
