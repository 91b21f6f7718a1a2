"""Stored runs, read back."""

from collections.abc import Iterator
from pathlib import Path

from prompteval.core.errors import NothingSelected, UsageError
from prompteval.core.observation import Row
from prompteval.report.view import RunView, from_json
from prompteval.store.results import RunRecord, SqliteStore
from prompteval.workspace.settings import Workspace


def store_path(workspace: Workspace) -> Path:
    """The results database of a workspace."""
    return workspace.root / workspace.settings.store


def stored_runs(workspace: Workspace, limit: int | None = None) -> list[RunRecord]:
    """Runs, newest first; none when there is no database yet."""
    if not store_path(workspace).exists():
        return []
    store = SqliteStore.open(store_path(workspace), readonly=True)
    try:
        return store.runs(limit)
    finally:
        store.close()


def stored_view(workspace: Workspace, name: str) -> RunView:
    """The view of a run that has ended. Raises UsageError for an unknown or unfinished one."""
    store = SqliteStore.open(store_path(workspace), readonly=True)
    try:
        return ended(workspace, store, name)[1]
    finally:
        store.close()


def ended(workspace: Workspace, store: SqliteStore, name: str) -> tuple[RunRecord, RunView]:
    """A run that has ended, and its view. Raises UsageError for an unknown or unfinished one."""
    record = store.run(name)
    if record.summary is None:
        help = f"`prompteval run --resume-run {record.run_id}` goes on"
        if record.manifest.get("options") is None:
            help = "it is a side of a comparison; compare again"
        raise UsageError(f"run {record.run_id} did not end", help)
    return record, from_json(record.summary, lambda: stored_rows(workspace, record.run_id))


def stored_rows(workspace: Workspace, run_id: str) -> Iterator[Row]:
    """The rows of a run, streamed from the store."""
    store = SqliteStore.open(store_path(workspace), readonly=True)
    try:
        yield from store.rows(run_id)
    finally:
        store.close()


def case_rows(workspace: Workspace, name: str, case_id: str) -> list[Row]:
    """Every row of one case in a run. Raises NothingSelected when there is none."""
    record = _record(workspace, name)
    found = [row for row in stored_rows(workspace, record.run_id) if row.case.id == case_id]
    if not found:
        raise NothingSelected(f"run {record.run_id} has no case {case_id!r}")
    return found


def worst_rows(workspace: Workspace, name: str, count: int) -> list[Row]:
    """The rows with the lowest first score, those without an output first, then by case id."""
    import heapq

    record = _record(workspace, name)

    def badness(row: Row) -> tuple[float, str, str]:
        value = row.scores[0].value if row.scores else None
        return (
            -1.0 if row.observation.outcome != "ok" else 2.0 if value is None else value,
            row.suite,
            row.case.id,
        )

    return heapq.nsmallest(count, stored_rows(workspace, record.run_id), key=badness)


def failed_cases(workspace: Workspace) -> frozenset[tuple[str, str]]:
    """(suite, case id) of the last run's cases whose first score is under 1 or that have no output."""
    record = _record(workspace, "last")
    found = set()
    for row in stored_rows(workspace, record.run_id):
        value = row.scores[0].value if row.scores else None
        if row.observation.outcome != "ok" or (value is not None and value < 1):
            found.add((row.suite, row.case.id))
    return frozenset(found)


def _record(workspace: Workspace, name: str) -> RunRecord:
    store = SqliteStore.open(store_path(workspace), readonly=True)
    try:
        return store.run(name)
    finally:
        store.close()
