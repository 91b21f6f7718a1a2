"""Runs in shards on workers that are killed, stopped and started again: the invariants, without Ray."""

import inspect
import json
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prompteval.cluster import task, worker
from prompteval.cluster.embedding import EmbedResult, PartEmbedder
from prompteval.cluster.messages import pack, unpack
from prompteval.cluster.ray_engine import RayEngine
from prompteval.cluster.run import copy_file, run_on_cluster
from prompteval.cluster.task import ShardResult, ShardTask
from prompteval.cluster.worker import run_shard
from prompteval.core.errors import RunInUse, UsageError
from prompteval.engine.progress import Progress
from prompteval.engine.pruning import choose_runs, remove
from prompteval.engine.run import run_suites
from prompteval.engine.stored import stored_runs
from prompteval.plan.run_options import RunOptions, Selection
from prompteval.plan.shard import Shard
from prompteval.report.view import RunView
from prompteval.store.results import SqliteStore
from prompteval.workspace.settings import find_workspace
from tests.cluster.cluster_workspace import calls, comparable, make
from tests.cluster.forking_engine import ForkingEngine

PLAIN = RunOptions(cache=False)


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task, "CASES_A_SHARD", 20)
    monkeypatch.setattr(task, "SHARDS_A_WORKER", 100)


def run(root: Path, engine: ForkingEngine, options: RunOptions = PLAIN) -> RunView:
    return run_on_cluster(find_workspace(root), options, Progress(), lambda: engine)


def report(view: RunView) -> dict[str, Any]:
    return comparable(json.dumps(view.as_json()))


def whole(root: Path, options: RunOptions = PLAIN) -> dict[str, Any]:
    """The report of one process."""
    return report(run_suites(find_workspace(root), options, Progress()))


def keys(view: RunView) -> list[tuple[str, int]]:
    return [(row.case.id, row.replicate) for row in view.rows()]


@pytest.mark.slow
def test_s18_invariants_1_2_3_6_workers_killed_at_fifty_moments(tmp_path: Path) -> None:
    """Every key of the plan once, an attempt for each, and the report of one process."""
    root = make(tmp_path, 600)
    engine = ForkingEngine(workers=3, kills=50, retries=60, rng=random.Random(4))
    view = run(root, engine)
    assert engine.killed == 50
    assert keys(view) == [(f"c{n:05}", 0) for n in range(600)]
    assert len(calls(root)) >= 600
    assert report(view) == whole(root)


@pytest.mark.parametrize("workers", [1, 4])
def test_s18_invariant_6_workers_make_no_difference(tmp_path: Path, workers: int) -> None:
    """Nor do repeats, a selection, and shards that have no case."""
    root = make(tmp_path, 60)
    options = replace(PLAIN, repeat=2, selection=Selection(sample=31, seed=3))
    assert report(run(root, ForkingEngine(workers=workers), options)) == whole(root, options)


def test_s18_invariant_2_a_shard_that_runs_twice_counts_once(tmp_path: Path) -> None:
    """At the same time or afterwards: one waits for the other, and finds everything done."""
    root = make(tmp_path, 80)
    view = run(root, ForkingEngine(workers=8, twice=True))
    assert len(keys(view)) == 80 == len(set(keys(view))) == len(calls(root))


def test_s18_invariant_7_an_interrupted_run_continues(tmp_path: Path) -> None:
    """What was done is not done again, and the report is that of one that was not interrupted."""
    root = make(tmp_path, 100)
    engine = _Interrupted(workers=3, after=1)
    view = run(root, engine)
    assert (view.exit_code, view.verdict.value) == (130, "incomplete")
    assert engine.begun == engine.ended == 4, "those that ran were waited for"
    assert "--cluster ray --resume-run" in view.reason
    with pytest.raises(UsageError, match="was begun on a cluster"):
        run_suites(find_workspace(root), replace(PLAIN, resume="last"), Progress())
    before = len(calls(root))
    again = run(root, ForkingEngine(workers=2), replace(PLAIN, resume="last"))
    assert len(calls(root)) == 100 > before
    assert report(again) == whole(root)


class _Interrupted(ForkingEngine):
    """Ctrl-C comes while it waits for the next of its shards, after so many."""

    def __init__(self, workers: int, after: int) -> None:
        super().__init__(workers=workers)
        self.begun = self.ended = 0
        self._after = after

    def _fork(self, task: ShardTask) -> Any:
        self.begun += 1
        return super()._fork(task)

    def _answer(self, link: Any) -> ShardResult | None:
        if self.ended == self._after and not self.stopped:
            raise KeyboardInterrupt
        found = super()._answer(link)
        self.ended += found is not None
        return found


def test_s18_results_of_an_engine_are_no_generator() -> None:
    """Which a KeyboardInterrupt would end, with the shards that run."""
    assert not inspect.isgeneratorfunction(RayEngine.results)


def test_s18_a_shard_whose_worker_always_dies_is_named(tmp_path: Path) -> None:
    """Exit 3, the others are kept, and a resumed run does that one."""
    root = make(tmp_path, 60, lambda number: "die" if number == 7 else "say")
    view = run(root, ForkingEngine(workers=1, retries=0))
    assert view.exit_code == 3 and "1 shard could not be run: " in view.reason
    assert list((root / ".prompteval/cluster").iterdir())
    done = run(root, ForkingEngine(workers=1), replace(PLAIN, resume=view.run_id))
    assert done.exit_code == 0 and len(keys(done)) == 60
    assert not list((root / ".prompteval/cluster").iterdir())


class _Bar(Progress):
    """How many cases are to be done, and how many are."""

    total = done = 0

    def start(self, title: str, total: int) -> None:
        self.total = total

    def advance(self, *, error: bool, cached: bool) -> None:
        self.done += 1


def test_s18_the_bar_of_a_resumed_run_fills(tmp_path: Path) -> None:
    """By the cases of shards that an earlier driver has finished or begun, too."""
    root = make(tmp_path, 60, lambda number: "die" if number == 30 else "say")
    view = run(root, ForkingEngine(workers=1, retries=0), replace(PLAIN, concurrency=1))
    bar, options = _Bar(), replace(PLAIN, resume=view.run_id)
    run_on_cluster(find_workspace(root), options, bar, lambda: ForkingEngine(workers=1))
    assert (bar.done, bar.total) == (60, 60)


class InThisProcess(ForkingEngine):
    """Runs shards here, one after the other, with a desk that is lost; `changed` is done to each task."""

    def __init__(self, changed: Callable[[dict[str, Any]], dict[str, Any]] = lambda body: body) -> None:
        super().__init__(workers=1)
        self._changed = changed
        self.found: list[ShardResult] = []

    def results(self, run_id: str, desk: Any, tasks: Sequence[ShardTask]) -> Iterator[ShardResult]:
        async def lost(message: bytes) -> bytes:
            raise ConnectionResetError("the desk died")

        for one in tasks:
            packed = pack(self._changed(unpack(one.pack())))
            self.found.append(ShardResult.unpack(run_shard(packed, lost, "here")))
        return iter(self.found)


def test_s18_a_shard_that_cannot_give_back_has_its_result(tmp_path: Path) -> None:
    """The desk is lost at its end: what was leased stays counted, and the cases are done."""
    root = make(tmp_path, 40)
    engine = InThisProcess()
    assert run(root, engine, replace(PLAIN, max_cost=1.0)).exit_code == 0
    assert [result.error for result in engine.found] == ["", ""]


def test_s18_a_worker_of_another_version_is_refused(tmp_path: Path) -> None:
    """With both versions and what to install, exit 2; of a shard as of a part of an index."""
    root = make(tmp_path, 20)
    engine = InThisProcess(lambda body: {"prompteval": "0.0.1", "root": body["root"], "shard": body["shard"]})
    with pytest.raises(
        UsageError, match=r"on the worker of shard 1/1: a worker has prompteval .*, and the run is of 0\.0\.1"
    ):
        run(root, engine)
    found = EmbedResult.unpack(PartEmbedder().embed(pack({"prompteval": "0.0.1", "number": 3})))
    assert (found.number, found.exit_code) == (3, 2) and "the index is of 0.0.1" in found.error


def test_s18_a_shard_that_another_worker_runs_says_nothing_of_its_money(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That one spends by the same account: a report of nothing spent would give back what it holds."""
    root, told = make(tmp_path, 1), list[bytes]()

    async def exchange(message: bytes) -> bytes:
        told.append(message)
        return pack({"granted_usd": 0.0, "spent_usd": 0.0, "lost_usd": 0.0, "held_usd": 0.0})

    def in_use(*arguments: object, **more: object) -> RunView:
        raise RunInUse("run r is being run by another process")

    monkeypatch.setattr(worker, "run_suites", in_use)
    one = ShardTask(root, "r", Shard(1, 1), replace(PLAIN, max_cost=1.0), {}, "here")
    result = ShardResult.unpack(run_shard(one.pack(), exchange, "here"))
    assert "by another process" in result.error and told == []


def test_s18_a_run_that_is_removed_takes_its_shards_along(tmp_path: Path) -> None:
    """`runs rm` of one that did not end leaves nothing of it."""
    root = make(tmp_path, 60, lambda number: "die" if number == 7 else "say")
    view = run(root, ForkingEngine(workers=1, retries=0))
    workspace = find_workspace(root)
    remove(workspace, choose_runs(workspace, [view.run_id]))
    assert not list((root / ".prompteval/cluster").iterdir())


def test_s18_a_second_driver_is_refused(tmp_path: Path) -> None:
    """While the first one lives; the run ends as if nobody had tried."""
    root = make(tmp_path, 40)

    class Contested(ForkingEngine):
        def results(self, *arguments: Any) -> Any:
            with pytest.raises(UsageError, match="is being run by another process"):
                run(root, ForkingEngine(), replace(PLAIN, resume="last"))
            return super().results(*arguments)

    assert len(keys(run(root, Contested()))) == 40 == len(calls(root))


def test_s18_invariant_8_other_content_is_refused(tmp_path: Path) -> None:
    """By a worker whose workspace is not the driver's, and by a resumed run."""
    root = make(tmp_path, 40)

    class Changing(ForkingEngine):
        def results(self, *arguments: Any) -> Any:
            text = (root / "datasets/c.jsonl").read_text()
            (root / "datasets/c.jsonl").write_text(text.replace("say 7", "say 8"))
            return super().results(*arguments)

    with pytest.raises(UsageError, match="a worker has other content than the run: s: cases"):
        run(root, Changing())
    with pytest.raises(UsageError, match="cannot be continued, since content changed"):
        run(root, ForkingEngine(), replace(PLAIN, resume="last"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"shard": Shard(1, 2)}, "--shard runs in one process"),
        ({"batch": True}, "--batch runs in one process"),
        ({"stop_early": "group-sequential"}, "--stop-early runs in one process"),
        ({"record": Path("r.jsonl")}, "--record runs in one process"),
        ({"offline": True}, "--offline runs in one process"),
    ],
)
def test_s18_what_needs_one_process_is_refused(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    """Before a cluster is joined."""
    root = make(tmp_path, 2)
    with pytest.raises(UsageError, match=said):
        run_on_cluster(
            find_workspace(root), replace(PLAIN, **options), Progress(), lambda: pytest.fail("joined")
        )


def test_s18_ray_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the line that installs it, and no run begins."""
    monkeypatch.setitem(sys.modules, "ray", None)
    workspace = find_workspace(make(tmp_path, 2))
    with pytest.raises(UsageError, match=r'--cluster ray needs: pip install "prompteval\[ray\]"'):
        run_on_cluster(workspace, PLAIN, Progress(), RayEngine)
    assert stored_runs(workspace) == []


def test_s18_a_run_of_one_process_is_continued_there(tmp_path: Path) -> None:
    """Its rows are in the store, and not in shards."""
    root = make(tmp_path, 2)
    (root / "answer.py").write_text("def reply(message):\n    raise ValueError('no')\n")
    run_suites(find_workspace(root), PLAIN, Progress())
    with pytest.raises(
        UsageError, match=r"was begun in one process \(`prompteval run --resume-run \S+` cont"
    ):
        run(root, ForkingEngine(), replace(PLAIN, resume="last"))


@pytest.mark.parametrize(
    ("cases", "workers", "shards"),
    [(1, 8, 1), (250, 8, 1), (1000, 8, 4), (10**8, 1000, 8_000), (10**9, 2000, 10_000), (10**6, 8, 64)],
)
def test_s18_there_are_as_many_shards_as_keep_workers_busy(
    monkeypatch: pytest.MonkeyPatch, cases: int, workers: int, shards: int
) -> None:
    """Each reads the case files, so that a million cases on eight workers are not four thousand shards."""
    monkeypatch.undo()
    assert task.shards_for(cases, workers) == shards


@pytest.mark.parametrize("content", [None, "tables", "other run"])
def test_a_shard_whose_worker_ended_before_it_noted_its_run_has_nothing(
    tmp_path: Path, content: str | None
) -> None:
    """Its file is there, empty, or without a record of the shard; the merge goes on with the others."""
    path = tmp_path / "shard.sqlite"
    path.touch()
    if content is not None:
        shard = SqliteStore.open(path)
        if content == "other run":
            shard.begin_run("r-2", {}, "now")
        shard.close()
    into = SqliteStore.open(tmp_path / "results.sqlite")
    into.begin_run("r", {}, "now")
    copy_file(path, "r-1", Shard(1, 2), into, "r")
    into.flush()
    assert into.row_count("r") == 0
    into.close()
