"""Stored runs and cached replies removed, with what the files take before and after."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass

from prompteval.engine.files import run_directory
from prompteval.engine.stored import backend, reading, stored_runs, thumbnails
from prompteval.store.protocol import StoreSizes
from prompteval.store.records import RunRecord
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
    """The runs that are named; or else all but the newest `keep`, of those the ones that are old enough.

    Raises UsageError for a name that no run has, StoreError for a name where nothing is stored yet.
    """
    if names:
        with reading(workspace) as store:
            found = {record.run_id: record for record in (store.find(name) for name in names)}
        return list(found.values())
    records = stored_runs(workspace)[keep or 0 :]
    if older_than_days is None:
        return records
    limit = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - older_than_days * SECONDS_A_DAY))
    return [record for record in records if record.started < limit]


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
    ids = tuple(record.run_id for record in runs)
    place.delete_runs(ids)
    if ids:
        thumbnails(workspace).clear()
    for run_id in ids:
        shutil.rmtree(run_directory(workspace.state_path(), run_id), ignore_errors=True)
    replies = 0
    if cache and place.has_cache():
        day = (
            None
            if cache_older_than_days is None
            else int(time.time() / SECONDS_A_DAY - cache_older_than_days)
        )
        replies = place.delete_replies(day)
    return Pruned(ids, replies, before, place.sizes())
