"""A whole run: plan, execute, store, summarise, decide."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from prompteval.analysis.early.decide import EarlyStopping
from prompteval.core.environment import remember_environment
from prompteval.core.errors import PromptevalError, StoreError
from prompteval.engine.before_run import refuse_early
from prompteval.engine.early_stopping import plan_early
from prompteval.engine.files import Files, RunBroken, opened
from prompteval.engine.garbage_collection import infrequent_garbage_collection
from prompteval.engine.interruption import Stop
from prompteval.engine.job_results import JobResults
from prompteval.engine.models import Models, SharedLimits
from prompteval.engine.progress import Progress
from prompteval.engine.resume import find_resumable, refuse_changed, refuse_on_cluster
from prompteval.engine.run_ending import RunEnding, not_kept, now
from prompteval.engine.run_state import RunningJob, RunState, begun
from prompteval.engine.run_work import RunWork
from prompteval.plan.jobs import Job, entries_of, plan_jobs, plan_suites, plans_of
from prompteval.plan.manifest import manifest
from prompteval.plan.run_options import RunOptions
from prompteval.plan.shard_runs import resume_hint, shards_in
from prompteval.plan.suite_plan import SuitePlan
from prompteval.report.view import RunView
from prompteval.store.records import RunRecord
from prompteval.workspace.settings import Workspace


def run_suites(
    workspace: Workspace,
    options: RunOptions,
    progress: Progress,
    plans: Sequence[SuitePlan] | None = None,
    check: Callable[[Sequence[Job]], None] = lambda jobs: None,
    shared: SharedLimits | None = None,
) -> RunView:
    """Check what is selected, run it, store it, decide.

    `plans` are suites that the caller has resolved already; else those that `options` name are. `check`
    sees what is going to run, and may refuse it. `shared` are limits that other runs spend as well.
    Raises InvalidInput for anything wrong in the files, NothingSelected when no case is left,
    and StoreError, all before the first call; RunBroken when the store fails during the run.
    """
    remember_environment()
    if options.resume is not None:
        return _resume(workspace, options, progress, check, shared)
    chosen = plan_suites(workspace, options) if plans is None else plans
    jobs = plan_jobs(chosen, options)
    refuse_early(workspace, jobs, options)
    check(jobs)
    _note_left_out(chosen, jobs, progress)
    return _kept(
        workspace,
        options,
        lambda files: _Run(workspace, options, progress, files, shared=shared).execute(
            jobs, resumable=plans is None
        ),
    )


def _kept(workspace: Workspace, options: RunOptions, work: Callable[[Files], RunView]) -> RunView:
    """The view that `work` gives; one that says so where its files could not be closed whole."""
    view: RunView | None = None
    try:
        with opened(workspace, options) as files:
            view = work(files)
    except (PromptevalError, OSError) as error:
        if view is None:
            raise
        return not_kept(view, error)
    return view


def _note_left_out(plans: Sequence[SuitePlan], jobs: Sequence[Job], progress: Progress) -> None:
    """Note the suites of which the selection leaves no case, since they are not run."""
    ran = {job.plan.suite.name for job in jobs}
    left = [plan.suite.name for plan in plans if plan.suite.name not in ran]
    if left:
        progress.note(f"not run, since the selection leaves no case: {', '.join(left)}")


def _resume(
    workspace: Workspace,
    options: RunOptions,
    progress: Progress,
    check: Callable[[Sequence[Job]], None],
    shared: SharedLimits | None,
) -> RunView:
    def work(files: Files) -> RunView:
        resumed = find_resumable(files.store, options)
        refuse_on_cluster(resumed.record)
        if not resumed.options.cache:
            files.drop_cache()
        jobs = plan_jobs(plan_suites(workspace, resumed.options), resumed.options)
        refuse_early(workspace, jobs, resumed.options)
        check(jobs)
        run = _Run(workspace, resumed.options, progress, files, resumed.record, shared)
        return run.execute(jobs, resumable=True)

    return _kept(workspace, options, work)


def new_run_id() -> str:
    """The time to the second, and six digits that are drawn."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


@dataclass(frozen=True, slots=True)
class Ending:
    """How the shards of a run ended: which are `lacking`, why it stopped, how an incomplete one continues."""

    lacking: str = ""
    stop: Stop = field(default_factory=Stop)
    hint: str = "run what is missing, and merge again"


def decide_stored(
    workspace: Workspace,
    options: RunOptions,
    files: Files,
    record: RunRecord,
    jobs: Sequence[Job],
    ending: Ending,
) -> RunView:
    """End a run whose rows are in the store already, from its shards, with its numbers and its verdict."""
    return _Run(workspace, options, Progress(), files, record).decide(jobs, ending)


class _Run:
    """One run in progress."""

    def __init__(
        self,
        workspace: Workspace,
        options: RunOptions,
        progress: Progress,
        files: Files,
        record: RunRecord | None = None,
        shared: SharedLimits | None = None,
    ) -> None:
        run_id = record.run_id if record else shared.run_id if shared else new_run_id()
        self._run = RunState(workspace, options, progress, files, run_id, record is not None)
        self._record = record
        self._shared = shared
        self._results = JobResults(files.store, self._run.run_id, options)

    def execute(self, jobs: list[Job], *, resumable: bool) -> RunView:
        """Run the jobs; the view of what came."""
        run = self._run
        made_from = self._manifest(jobs, resumable=resumable)
        if self._record is not None:
            refuse_changed(self._record, made_from)
        models = self._models(jobs)
        if self._record is None:
            run.store.begin_run(run.run_id, made_from, now())
            run.store.flush()  # what ends the process at once leaves a run to resume
        else:
            run.store.continue_run(run.run_id)
        hint = "the same command continues from the cache"
        if resumable:
            hint = resume_hint(run.run_id, made_from)
        stop = Stop()
        try:
            running = self._begun(jobs, models, made_from)
            with infrequent_garbage_collection():
                asyncio.run(RunWork(run, self._results).all(running, models, stop))
            run.files.finish_journal()
            view = RunEnding(run, self._results, hint).ended(running, stop)
        except StoreError as error:
            raise RunBroken(run.run_id, error, hint) from error
        except KeyboardInterrupt:
            run.progress.note(f"run {run.run_id} was stopped; {hint}")
            raise
        return view

    def _manifest(self, jobs: Sequence[Job], *, resumable: bool) -> dict[str, Any]:
        """What the run is made from; only a run that can be continued says what its options select."""
        options = self._run.options
        selecting = options.as_json() if resumable else None
        plans, entries = plans_of(jobs), entries_of(jobs)
        return manifest(self._run.workspace, plans, entries, selecting, options.side, options.compared)

    def _models(self, jobs: list[Job]) -> Models:
        """The models of the run, ready to be asked, and its encoders with their cache."""
        files, options = self._run.files, self._run.options
        models = Models(
            self._run.workspace,
            options,
            cache=files.cache,
            recorder=files.recorder,
            journal=files.open_journal(self._run.run_id),
            progress=self._run.progress,
            batches=files.open_batches(self._run.run_id) if options.batch else None,
            shared=self._shared,
        )
        models.prepare(jobs)
        for plan in plans_of(jobs):
            if plan.rag is not None:
                plan.rag.encoders.cache = files.vectors()
                plan.rag.encoders.progress = self._run.progress.building
        return models

    def _begun(self, jobs: Sequence[Job], models: Models, made_from: dict[str, Any]) -> list[RunningJob]:
        """Each job with what is stored of it, and with its looks under --stop-early."""
        run, method = self._run, self._run.options.stop_early
        early: Sequence[EarlyStopping | None] = [None] * len(jobs)
        if method is not None:
            early = [*plan_early(jobs, method, run.workspace, run.store, run.run_id, made_from)]
        return [begun(run, job, models, look) for job, look in zip(jobs, early, strict=True)]

    def decide(self, jobs: Sequence[Job], ending: Ending) -> RunView:
        """The view of a run whose rows are stored already, from its shards; no case is run.

        See `decide_stored`. The run ends with it.
        """
        offline = replace(self._run.options, offline=True)
        models = Models(self._run.workspace, offline, cache=None, recorder=None, journal=None)
        of = 0 if self._record is None else shards_in(self._record.manifest)
        running = [begun(replace(self._run, shards=of), job, models, None) for job in jobs]
        return RunEnding(self._run, self._results, ending.hint).ended(running, ending.stop, ending.lacking)
