"""Which runs `runs rm` and `runs prune` remove, and that nothing outside the workspace's state goes with them."""

from pathlib import Path

import pytest

from prompteval.core.errors import StoreError, UsageError
from prompteval.engine.pruning import choose_runs, remove
from prompteval.engine.run_list import listed_run, newest_runs
from prompteval.engine.stored import backend, unfinished
from prompteval.plan.run_options import RunOptions
from prompteval.plan.shard import Shard
from prompteval.plan.shard_runs import cluster_run, shard_run, shard_side
from prompteval.store.journal import AttemptJournal, journal_path
from prompteval.workspace.settings import Workspace, find_workspace

MANIFEST: dict[str, object] = {"suites": {}, "entries": []}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace, in a directory of its own."""
    root = tmp_path / "ws"
    root.mkdir()
    (root / "prompteval.toml").write_text("")
    return find_workspace(root)


def stored(workspace: Workspace, *run_ids: str, shards: int = 0, name: str = "") -> None:
    """Runs begun one after the other, such as a-1 and its shard a-1-2; the last of them has the name."""
    store = backend(workspace).open()
    for second, run_id in enumerate(run_ids):
        whole, _, number = run_id.rpartition("-")
        own = Shard(int(number), shards) if "-" in whole and shards else None
        manifest = {**MANIFEST, "options": RunOptions(shard=own).as_json()}
        if own is not None:
            manifest["side"] = shard_side(own, whole)
        store.begin_run(run_id, manifest, f"2026-01-01T00:00:{second:02}.000+00:00")
    if name:
        store.set_name(name, run_ids[-1])
    store.close()


@pytest.mark.parametrize("run_id", ["../../outside", "{outside}", "..", ".", "a/../../../outside"])
def test_s16_a_run_whose_id_is_a_path_removes_nothing_else(workspace: Workspace, run_id: str) -> None:
    """The id is in a store that others may write; the run goes, and no directory."""
    outside = workspace.root.parent / "outside"
    outside.mkdir()
    (workspace.state_path() / "cluster").mkdir(parents=True)
    run_id = run_id.format(outside=outside)
    stored(workspace, "20260101-1", run_id)
    assert remove(workspace, choose_runs(workspace, keep=0)).run_ids == (run_id, "20260101-1")
    assert outside.is_dir() and (workspace.state_path() / "cluster").is_dir()
    with pytest.raises(StoreError, match="cannot name a file"):
        journal_path(workspace.state_path(), run_id)


def test_runs_that_have_a_name_stay(workspace: Workspace) -> None:
    """A baseline of a team is one; `runs rm` removes it, since it was asked for."""
    stored(workspace, "20260101-1", "20260101-2", name="production")
    stored(workspace, "20260101-3")
    assert [one.run_id for one in choose_runs(workspace, keep=1)] == ["20260101-1"]
    assert [one.run_id for one in choose_runs(workspace, ["20260101-2"])] == ["20260101-2"]


def test_shards_that_a_run_left_go_with_it(workspace: Workspace) -> None:
    """Those of the others, and runs that only look like them, stay."""
    stored(workspace, "a-1", "a-1-1", "a-1-2", "a-2", "a-2-1", shards=2)
    assert {one.run_id for one in choose_runs(workspace, ["a-1"])} == {"a-1", "a-1-1", "a-1-2"}


def test_a_run_is_a_shard_by_its_own_number_alone() -> None:
    """Not where its id has that of another shard, or its side names another run."""
    manifest = {"side": "shard 2/3 of run a-1", "options": RunOptions(shard=Shard(2, 3)).as_json()}
    assert cluster_run(shard_run("a-1", Shard(2, 3)), manifest) == "a-1"
    assert [cluster_run(run_id, manifest) for run_id in ("a-1-3", "a-1-02", "a-1", "b-1-2")] == [""] * 4


def test_nothing_goes_where_one_of_the_runs_is_being_run(workspace: Workspace) -> None:
    """Nor does the journal of another, in which attempts of a killed process are kept."""
    stored(workspace, "20260101-1", "20260101-2")
    left, held = (AttemptJournal(workspace.state_dir(), f"20260101-{number}") for number in (1, 2))
    left.close(remove=False)
    with pytest.raises(UsageError, match="run 20260101-2 is being run"):
        remove(workspace, list(reversed(choose_runs(workspace, keep=0))))
    held.close(remove=False)
    assert left.path.exists() and len(choose_runs(workspace, keep=0)) == 2
    remove(workspace, choose_runs(workspace, keep=0))
    assert not left.path.exists() and not held.path.exists()


def test_shards_are_no_runs_beside_the_one_that_left_them(workspace: Workspace) -> None:
    """Neither of those that are kept nor of those that are listed; without their run they are."""
    stored(workspace, "a-1", "a-2", *(f"a-2-{number}" for number in range(1, 31)), shards=30)
    assert [one.run_id for one in newest_runs(workspace, 2)] == ["a-2", "a-1"]
    assert [one.run_id for one in choose_runs(workspace, keep=1)] == ["a-1"]
    assert len(choose_runs(workspace, keep=0)) == 32
    stored(workspace, "a-3-1", shards=2)
    assert [one.run_id for one in newest_runs(workspace, 2)] == ["a-3-1", "a-2"]
    assert [one.run_id for one in choose_runs(workspace, keep=2)] == ["a-1"]


def test_a_shard_is_said_to_be_one_and_continued_with_its_run(workspace: Workspace) -> None:
    """It is no side of a comparison, and alone it would be merged by nobody."""
    stored(workspace, "a-1-1", shards=2)
    (record,) = newest_runs(workspace, 5)
    listed = listed_run(record, ())
    assert (listed.part_of, listed.compared) == ("shard 1/2 of run a-1", "")
    found = unfinished(workspace, "a-1-1")
    assert found is not None
    assert found.help == "`prompteval run --cluster ray --resume-run a-1` continues it"
