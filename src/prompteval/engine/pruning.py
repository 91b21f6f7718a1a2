"""Stored runs and cached replies removed, with what the files take before and after."""

import shutil
import time
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from prompteval.core.errors import UsageError
from prompteval.engine.batch_mode import delete_batches
from prompteval.engine.files import run_directory
from prompteval.engine.run_list import without_shards
from prompteval.engine.stored import backend, named_runs, reading, stored_runs, thumbnails
from prompteval.plan.shard_runs import cluster_run
from prompteval.store.protocol import StoreSizes
from prompteval.store.records import RunRecord
from prompteval.store.run_files import may_have_files
from prompteval.workspace.settings import Workspace

SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Pruned:
    """What went, and what the files took before and take now."""

    run_ids: tuple[str, ...]
    replies: int
    before: StoreSizes
    after: StoreSizes


def sizes(workspace: Workspace) -> StoreSizes:
    """What the results and the cache take."""
    return backend(workspace).sizes()


def choose_runs(
    workspace: Workspace,
    names: Sequence[str] = (),
    *,
    keep: int | None = None,
    older_than_days: float | None = None,
) -> list[RunRecord]:
    """The runs that are named; or else all but the newest `keep` and those that have a name in the store, of
    the others the ones that are old enough. With a run go the shards that it left.

    Raises UsageError for a name that no run has, StoreError for a name where nothing is stored yet.
    """
    stored = stored_runs(workspace)
    if names:
        with reading(workspace) as store:
            chosen = {record.run_id: record for record in (store.find(name) for name in names)}
        return [*chosen.values(), *_shards(stored, set(chosen))]
    named = named_runs(workspace)
    whole = without_shards(stored, {record.run_id for record in stored})
    records = [record for record in whole[keep or 0 :] if record.run_id not in named]
    if older_than_days is not None:
        oldest = time.gmtime(time.time() - older_than_days * SECONDS_A_DAY)
        limit = time.strftime("%Y-%m-%dT%H:%M:%S", oldest)
        records = [record for record in records if record.started < limit]
    ids = {record.run_id for record in records}
    return [*records, *_shards(stored, ids)]


def refuse_named(workspace: Workspace, chosen: Sequence[RunRecord], given: Sequence[str]) -> None:
    """Raise UsageError for a run that has a name in the store which is not among those that were given."""
    named = named_runs(workspace)
    for record in chosen:
        others = [name for name in named.get(record.run_id, ()) if name not in given]
        if others:
            fix = f"to remove it with its names: `prompteval runs rm {' '.join(named[record.run_id])}`"
            raise UsageError(f"run {record.run_id} is {' and '.join(others)}", fix)


def _shards(stored: Sequence[RunRecord], of: AbstractSet[str]) -> list[RunRecord]:
    """The runs of shards that runs on a cluster left, and that are not among those runs themselves."""
    return [
        record
        for record in stored
        if record.run_id not in of and cluster_run(record.run_id, record.manifest) in of
    ]


def remove(
    workspace: Workspace,
    runs: Sequence[RunRecord],
    *,
    cache: bool = False,
    cache_older_than_days: float | None = None,
) -> Pruned:
    """Remove these runs, and with `cache` the replies older than so many days (None: all).

    Raises UsageError, before anything goes, when one of the runs is being run.
    """
    place = backend(workspace)
    before = place.sizes()
    found = place.delete_runs([record.run_id for record in runs])
    ids = tuple(record.run_id for record in runs if record.run_id in found)
    if ids:
        thumbnails(workspace).clear()
    for run_id in filter(may_have_files, ids):
        shutil.rmtree(run_directory(workspace.state_path(), run_id), ignore_errors=True)
        delete_batches(workspace.state_path(), run_id)
    replies = 0
    if cache and place.has_cache():
        day = (
            None
            if cache_older_than_days is None
            else int(time.time() / SECONDS_A_DAY - cache_older_than_days)
        )
        replies = place.delete_replies(day)
    return Pruned(ids, replies, before, place.sizes())
