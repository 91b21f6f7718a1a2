"""Stored runs and cached replies removed, with what the files take before and after."""

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from prompteval.core.errors import UsageError
from prompteval.engine.stored import reading, store_path
from prompteval.store.journal import journal_path
from prompteval.store.pruning import database_bytes, delete_replies, delete_runs
from prompteval.store.results import RunRecord
from prompteval.workspace.settings import Workspace

SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class StoreSizes:
    """Bytes on disk, logs included."""

    results: int
    cache: int


@dataclass(frozen=True, slots=True)
class Pruned:
    """What went, and what the files took before and take now."""

    run_ids: tuple[str, ...]
    replies: int
    before: StoreSizes
    after: StoreSizes


def sizes(workspace: Workspace) -> StoreSizes:
    """What the results and the cache take."""
    return StoreSizes(database_bytes(store_path(workspace)), database_bytes(_cache_path(workspace)))


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
    if not names and not store_path(workspace).exists():
        return []
    with reading(workspace) as store:
        if names:
            found = {record.run_id: record for record in (store.find(name) for name in names)}
            return list(found.values())
        records = store.runs()[keep or 0 :]
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
    before = sizes(workspace)
    ids = tuple(record.run_id for record in runs)
    for run_id in ids:
        with _journal_of(workspace, run_id) as path:
            path.unlink(missing_ok=True)
    if ids:
        delete_runs(store_path(workspace), ids)
    replies = 0
    if cache and _cache_path(workspace).exists():
        day = (
            None
            if cache_older_than_days is None
            else int(time.time() / SECONDS_A_DAY - cache_older_than_days)
        )
        replies = delete_replies(_cache_path(workspace), day)
    return Pruned(ids, replies, before, sizes(workspace))


@contextmanager
def _journal_of(workspace: Workspace, run_id: str) -> Iterator[Path]:
    """The journal that a run left, held so that no process can continue it."""
    path = journal_path(workspace.state_path(), run_id)
    if not path.exists():
        yield path
        return
    file = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield path
    except BlockingIOError:
        raise UsageError(f"run {run_id} is being run", "wait for it to end, or stop it") from None
    finally:
        os.close(file)


def _cache_path(workspace: Workspace) -> Path:
    return workspace.state_path() / "cache.sqlite"
