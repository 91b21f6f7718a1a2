"""Stored runs, read back."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from prompteval.core.attribution import REASONS, Reason
from prompteval.core.errors import DamagedRun, NoResults, NothingSelected, StoreError, UsageError
from prompteval.core.notice import notice
from prompteval.core.observation import CaseVerdict, Row, row_verdict
from prompteval.core.problem import did_you_mean
from prompteval.plan.run_options import shard_of
from prompteval.plan.shard_runs import resume_hint
from prompteval.report.advice import reason_of
from prompteval.report.exchanges import Exchange, ExchangesOf
from prompteval.report.prompt_text import PromptVersions, versions_of
from prompteval.report.result_view import ResultView
from prompteval.report.view import RunFacts, RunView, from_json
from prompteval.store.backend import open_backend
from prompteval.store.exchanges import ReadExchange, no_exchange
from prompteval.store.protocol import Backend, Checked, ResultsStore
from prompteval.store.records import RunRecord
from prompteval.store.run_names import NAME_PREFIX
from prompteval.store.thumbnails import ThumbnailFiles
from prompteval.workspace.settings import Workspace

_WORST = (CaseVerdict.ERROR, CaseVerdict.FAIL, CaseVerdict.UNSCORED, CaseVerdict.PASS)
# What reading the summary of another version, or of a changed record, may end in.
_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, RecursionError)


def backend(workspace: Workspace) -> Backend:
    """Where the results of a workspace are. Raises UsageError where they may not lie."""
    return open_backend(workspace.store_place(), workspace.state_path())


@contextmanager
def reading(workspace: Workspace, checked: Checked | None = None) -> Iterator[ResultsStore]:
    """The results opened for reading, closed at the end; runs in `checked` are not checked again."""
    store = backend(workspace).open(readonly=True, checked=checked)
    try:
        yield store
    finally:
        store.close()


def stored_runs(workspace: Workspace) -> list[RunRecord]:
    """Runs, the last first, shards and damaged ones too; none when there is no database yet."""
    try:
        with reading(workspace) as store:
            return store.runs()
    except NoResults:
        return []


def named_baselines(workspace: Workspace) -> dict[str, str]:
    """Names of runs to their ids; none when nothing is stored yet."""
    try:
        with reading(workspace) as store:
            return store.names()
    except NoResults:
        return {}


def named_runs(workspace: Workspace) -> dict[str, list[str]]:
    """`baseline:NAME` of each name that a run has in the store, by the ids of the runs."""
    found: dict[str, list[str]] = {}
    for name, run_id in named_baselines(workspace).items():
        found.setdefault(run_id, []).append(f"{NAME_PREFIX}{name}")
    return found


def results_of(record: RunRecord) -> tuple[ResultView, ...]:
    """The results of a run; none of one that has not ended or cannot be read."""
    if record.summary is None:
        return ()
    try:
        return from_json(record.summary, lambda: iter(())).results
    except _UNREADABLE:
        return ()


def stored_view(workspace: Workspace, name: str) -> RunView:
    """The view of a run that has ended. Raises UsageError for an unknown or unfinished one."""
    with reading(workspace) as store:
        return ended(workspace, store, name)[1]


def ended(workspace: Workspace, store: ResultsStore, name: str) -> tuple[RunRecord, RunView]:
    """A run that has ended, and its view. Raises UsageError for an unknown or unfinished one."""
    record = store.run(name)
    if record.summary is None:
        raise UsageError(f"run {record.run_id} did not end", _continued(record))
    try:
        rows = partial(stored_rows, workspace, record.run_id, store.checked)
        view = from_json(record.summary, rows, run_facts(record.manifest, record.started))
        exchanges, images = partial(kept_exchanges, workspace), thumbnails(workspace).data_url
        return record, replace(view, exchanges=exchanges, thumbnails=images)
    except _UNREADABLE:
        reason = "its summary cannot be read"
        raise DamagedRun(store.place, record.run_id, reason) from None


@dataclass(frozen=True, slots=True)
class UnfinishedRun:
    """What is stored of a run that did not end: its rows by title and verdict; and how it continues."""

    run_id: str
    rows: Mapping[str, Mapping[CaseVerdict, int]]
    help: str


def unfinished(workspace: Workspace, name: str) -> UnfinishedRun | None:
    """What is stored of a run that did not end; None for one that did. Raises UsageError without the run."""
    with reading(workspace) as store:
        record = store.run(name)
        if record.summary is not None:
            return None
        store.refuse_damaged(record)
        found: dict[str, Counter[CaseVerdict]] = {}
        for row in store.rows(record.run_id):
            title = f"{row.suite}  {row.target}  {row.model}"
            found.setdefault(title, Counter())[row_verdict(row)] += 1
    return UnfinishedRun(record.run_id, found, _continued(record))


def _continued(record: RunRecord) -> str:
    if record.manifest.get("options") is None:
        return "it is a side of a comparison; compare again"
    return resume_hint(record.run_id, record.manifest)


def run_facts(manifest: Mapping[str, Any], started: str) -> RunFacts:
    """Where a run comes from, by its manifest; what an older one does not say is empty."""
    git = manifest.get("git") or {}
    others = [("prompteval", str(manifest.get("prompteval") or ""))]
    selection = (manifest.get("options") or {}).get("selection")
    if selection is not None and selection[2] is not None:
        others.append(("sample", f"{selection[2]:,} cases, seed {selection[3]}"))
    return RunFacts(
        started[:19],
        str(git.get("commit") or ""),
        str(git.get("branch") or ""),
        bool(git.get("dirty")),
        tuple((name, value) for name, value in others if value),
        _prompts(manifest),
        str(shard_of(manifest.get("options")) or ""),
    )


def _prompts(manifest: Mapping[str, Any]) -> dict[tuple[str, str], PromptVersions]:
    entries = {(str(suite), str(name)) for suite, name, _ in manifest.get("entries", ())}
    found = {entry: versions_of(manifest, *entry) for entry in entries}
    return {entry: versions for entry, versions in found.items() if versions is not None}


@contextmanager
def _exchanges_read(workspace: Workspace) -> Iterator[ReadExchange]:
    with ExitStack() as opened:
        try:
            read = opened.enter_context(backend(workspace).exchanges())
        except StoreError as error:
            notice(f"requests and replies are left out: {error}")
            read = no_exchange
        yield read


@contextmanager
def kept_exchanges(workspace: Workspace) -> Iterator[ExchangesOf]:
    """By row, its calls with what was sent and what came back, as far as the cache has them.

    Of a cache that cannot be opened there are none, with a warning.
    """
    with _exchanges_read(workspace) as read:

        def found(row: Row) -> tuple[Exchange, ...]:
            seen = row.observation
            calls = [("", call) for call in seen.calls] + [("user", call) for call in seen.user_calls]
            calls += [(score.title, call) for score in row.scores for call in score.calls]
            both = ((role, call, read(call.key)) for role, call in calls)
            return tuple(
                Exchange(role, call.model, call.served_by, *texts) for role, call, texts in both if texts
            )

        yield found


def thumbnails(workspace: Workspace) -> ThumbnailFiles:
    """The images of cases that are kept for pages."""
    return ThumbnailFiles(workspace.state_path())


def stored_rows(workspace: Workspace, run_id: str, checked: Checked | None = None) -> Iterator[Row]:
    """The rows of a run, streamed from the store."""
    with reading(workspace, checked) as store:
        yield from store.rows(run_id)


def case_rows(workspace: Workspace, name: str, case_id: str) -> list[Row]:
    """Every row of one case in a run. Raises NothingSelected when there is none."""
    with reading(workspace) as store:
        run_id = store.run(name).run_id
        found = [row for row in store.rows(run_id) if row.case.id == case_id]
    if not found:
        raise NothingSelected(f"run {run_id} has no case {case_id!r}")
    return found


def reason_rows(workspace: Workspace, name: str, reason: str) -> tuple[str, Reason, Iterator[Row]]:
    """(the run's id, the reason, the rows of the questions that failed by it, streamed).

    Raises UsageError for an unknown reason, NothingSelected where no question has it.
    """
    known = next((one for one in REASONS if one == reason), None)
    if known is None:
        raise UsageError(f"unknown reason {reason!r}", did_you_mean(reason, REASONS))
    with reading(workspace) as store:
        run_id = store.run(name).run_id
        counts = Counter(reason_of(row) for row in store.rows(run_id))
    if not counts[known]:
        others = ", ".join(f"{one} {counts[one]:,}" for one in REASONS if counts[one])
        help = f"it has {others}" if others else "none has a reason of failure"
        raise NothingSelected(f"no question of run {run_id} failed by {known} ({help})")
    return run_id, known, (row for row in stored_rows(workspace, run_id) if reason_of(row) == known)


def worst_rows(workspace: Workspace, name: str, count: int) -> list[Row]:
    """The rows that do not pass first: errors, failures, what could not be scored; then by their scores.

    Among rows of one verdict the lowest score comes first, then the case id decides.
    """
    import heapq

    def badness(row: Row) -> tuple[int, float, str, str]:
        values = [score.value for score in row.scores if score.value is not None]
        return (_WORST.index(row_verdict(row)), min(values, default=2.0), row.suite, row.case.id)

    with reading(workspace) as store:
        return heapq.nsmallest(count, store.rows(store.run(name).run_id), key=badness)


def failed_cases(workspace: Workspace) -> frozenset[tuple[str, str]]:
    """(suite, case id) of the last run's cases that did not pass."""
    with reading(workspace) as store:
        rows = store.rows(store.run("last").run_id)
        return frozenset((r.suite, r.case.id) for r in rows if row_verdict(r) is not CaseVerdict.PASS)
