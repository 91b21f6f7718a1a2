"""A whole run: plan, execute, store, summarise, decide."""

import asyncio
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from time import perf_counter

from prompteval.analysis.comparison.gate_rules import decide_comparing_rules
from prompteval.analysis.early.decide import EarlyStopping
from prompteval.analysis.judges.standing import held_back, standings
from prompteval.analysis.run_verdict import run_verdict, shard_verdict
from prompteval.analysis.usage import UsageTotals
from prompteval.core.case import Case
from prompteval.core.environment import remember_environment
from prompteval.core.errors import PromptevalError, StoreError, foremost
from prompteval.core.exit_codes import INCOMPLETE, INTERRUPTED, deciding
from prompteval.core.media import files_in
from prompteval.core.observation import Row, is_settled
from prompteval.core.protocols import Provider
from prompteval.core.verdict import Verdict
from prompteval.engine.batch_judges import has_judges, joined, judge_requests
from prompteval.engine.batch_mode import BatchDirectory, run_batches
from prompteval.engine.before_run import refuse_early
from prompteval.engine.early_stopping import plan_early
from prompteval.engine.files import Files, RunBroken, opened, resume_hint
from prompteval.engine.garbage_collection import infrequent_garbage_collection
from prompteval.engine.gated_results import gated_results
from prompteval.engine.interruption import Stop, interruptible
from prompteval.engine.job_results import JobResults
from prompteval.engine.judges import OtherOutput, with_models
from prompteval.engine.loop_threads import LoopThreads
from prompteval.engine.models import Models, SharedLimits
from prompteval.engine.other_outputs import open_other
from prompteval.engine.progress import Progress
from prompteval.engine.resume import find_resumable, refuse_changed, refuse_on_cluster
from prompteval.engine.runner import EntryIdentity, RetryWaits, run_cases
from prompteval.engine.scoring.lanes import Workers
from prompteval.engine.scoring.scoring import Scoring
from prompteval.engine.stored import kept_exchanges, run_facts, stored_rows, thumbnails
from prompteval.engine.targets.open import open_target
from prompteval.judging.pairwise import Pairwise
from prompteval.plan.jobs import Job, plan_jobs, plan_suites
from prompteval.plan.judges import judges_of
from prompteval.plan.manifest import manifest
from prompteval.plan.run_options import RunOptions
from prompteval.plan.score_marks import score_marks, score_turns
from prompteval.plan.suite_plan import SuitePlan
from prompteval.plan.targets.resolve import user_of
from prompteval.report.view import ResultView, RunView
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
        return _not_kept(view, error)
    return view


def _not_kept(view: RunView, error: Exception) -> RunView:
    """A run that has ended, and of which something could not be written: known in full, and incomplete."""
    code = deciding((view.exit_code, INCOMPLETE))
    reason = f"{error}; before that: {view.verdict.value}: {view.reason}"
    return replace(view, verdict=Verdict.INCOMPLETE, exit_code=code, reason=reason)


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


@dataclass(slots=True)
class _RunningJob:
    """A job with what it used and how long it took."""

    job: Job
    usage: UsageTotals
    early: EarlyStopping | None = None
    done: frozenset[tuple[str, int]] = frozenset()
    wall_s: float = 0.0

    def portions(self) -> Iterator[Iterator[tuple[Case, int]]]:
        """What runs before each look at whether all is decided; all of it where nothing is to be seen."""
        return iter([self.job.work()]) if self.early is None else self.early.portions()


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
        self._shared = shared
        self._workspace = workspace
        self._options = options
        self._progress = progress
        self._files = files
        self._store = files.store
        self._thumbnails = thumbnails(workspace)
        self._record = record
        self._hint = ""
        self._id = record.run_id if record else shared.run_id if shared else new_run_id()
        self._results = JobResults(self._store, self._id, options)
        self._workers = Workers(options.concurrency)
        self._scorings: dict[int, Scoring] = {}

    def execute(self, jobs: list[Job], *, resumable: bool) -> RunView:
        plans = list({id(job.plan): job.plan for job in jobs}.values())
        entries = [(job.plan.suite.name, job.target.reference, job.model) for job in jobs]
        selecting = self._options.as_json() if resumable else None
        self._hint = resume_hint(self._id) if resumable else "the same command continues from the cache"
        made_from = manifest(
            self._workspace, plans, entries, selecting, self._options.side, self._options.compared
        )
        if self._record is not None:
            refuse_changed(self._record, made_from)
        models = Models(
            self._workspace,
            self._options,
            cache=self._files.cache,
            recorder=self._files.recorder,
            journal=self._files.open_journal(self._id),
            progress=self._progress,
            batches=self._files.open_batches(self._id) if self._options.batch else None,
            shared=self._shared,
        )
        models.prepare(jobs)
        for plan in plans:
            if plan.rag is not None:
                plan.rag.encoders.cache = self._files.vectors()
                plan.rag.encoders.progress = self._progress.building
        if self._record is None:
            self._store.begin_run(self._id, made_from, _now())
            self._store.flush()  # what ends the process at once leaves a run to resume
        else:
            self._store.continue_run(self._id)
        stop = Stop()
        try:
            method = self._options.stop_early
            early: list[EarlyStopping | None] = [None] * len(jobs)
            if method is not None:
                early = [*plan_early(jobs, method, self._workspace, self._store, self._id, made_from)]
            running = [self._begin(job, models, look) for job, look in zip(jobs, early, strict=True)]
            with infrequent_garbage_collection():
                asyncio.run(self._all(running, models, stop))
            self._files.finish_journal()
            view = self._ended(running, stop)
        except StoreError as error:
            raise RunBroken(self._id, error, self._hint) from error
        except KeyboardInterrupt:
            self._progress.note(f"run {self._id} was stopped; {self._hint}")
            raise
        return view

    def decide(self, jobs: Sequence[Job], ending: Ending) -> RunView:
        """The view of a run whose rows are stored already, from its shards; no case is run.

        See `decide_stored`. The run ends with it.
        """
        models = Models(
            self._workspace, replace(self._options, offline=True), cache=None, recorder=None, journal=None
        )
        self._hint = ending.hint
        running = [self._begin(job, models, None) for job in jobs]
        return self._ended(running, ending.stop, ending.lacking)

    def _ended(self, running: Sequence[_RunningJob], stop: Stop, lacking: str = "") -> RunView:
        """The numbers and the verdict of what is stored, which end the run."""
        results = [self._results.of(e.job, e.usage, e.early, e.wall_s) for e in running]
        results = self._compare(results, running)
        results = self._held_back(results, running)
        view = self._decide(results, stop, lacking)
        try:
            self._close(view)
        except StoreError as error:
            view = _not_kept(view, error)
        return view

    def _close(self, view: RunView) -> None:
        self._files.close_batches(remove=view.verdict is not Verdict.INCOMPLETE)
        self._store.finish_run(self._id, view.verdict.value, view.exit_code, view.as_json(), _now())

    def _begin(self, job: Job, models: Models, early: EarlyStopping | None) -> _RunningJob:
        """A job with what is stored of it already, when the run is resumed."""
        usage = UsageTotals()
        if job.target.own_model is None:
            usage = models.totals(job.model)
        user = user_of(job.target)
        if user is not None:
            usage.user = models.totals(user.model)
        for judge in judges_of(job.plan.scorers):
            if judge.loaded is not None:
                usage.judges[judge.name] = models.totals(judge.loaded.model, named=True)
            if isinstance(judge, Pairwise) and judge.rival is not None and job.target.own_model is None:
                usage.judges[f"{judge.name}: outputs"] = models.totals(job.model, named=True)
        entry = _RunningJob(job, usage, early)
        if self._record is None:
            return entry
        done, unknown = set(), 0
        for row in self._store.rows(self._id, job.plan.suite.name, job.target.reference, job.model):
            if is_settled(row):
                entry.usage.add(row)
                done.add((row.case.id, row.replicate))
                unknown += self._files.record_again(row)
        if unknown:
            self._progress.note(
                f"{self._options.record}: {unknown} replies of the run's first part are no longer known;"
                " a replay will report the recording as stale"
            )
        if models.budget is not None:
            models.budget.settle(0.0, (entry.usage.priced_usd or 0.0) + entry.usage.beside_usd)
        entry.done = frozenset(done)
        return entry

    async def _all(self, running: Sequence[_RunningJob], models: Models, stop: Stop) -> None:
        """Every job at once: models do not wait for each other, and suites take turns at a model."""
        total = sum(entry.job.planned - len(entry.done) for entry in running)
        several = f"{len(running)} entries" if len(running) > 1 else running[0].job.title
        self._progress.start(several, total)
        try:
            asyncio.get_running_loop().set_default_executor(LoopThreads(stop))
            async with interruptible(stop):
                if self._files.batches is not None:
                    await self._by_batch(self._files.batches, running, models, stop)
                async with asyncio.TaskGroup() as group:
                    for entry in running:
                        group.create_task(self._one(entry, models, stop))
        except BaseExceptionGroup as errors:
            raise foremost(errors) from None
        finally:
            await models.aclose()
            for scoring in self._scorings.values():
                scoring.close()
            self._workers.close()

    async def _by_batch(
        self, batches: BatchDirectory, running: Sequence[_RunningJob], models: Models, stop: Stop
    ) -> None:
        """Every reply of the run, and then every reply of the judges of what came."""
        cache, jobs = self._files.cache, [entry.job for entry in running]
        await run_batches(batches, models.batched(jobs), cache, self._progress, stop)
        if stop.event.is_set() or not has_judges(jobs):
            return
        asked = [
            await judge_requests(entry.job, entry.done, models, batches, cache, self._store)
            for entry in running
        ]
        wanted = models.batched_with(dict(joined(asked)))
        await run_batches(batches, wanted, cache, self._progress, stop)

    async def _one(self, running: _RunningJob, models: Models, stop: Stop) -> None:
        job, usage, started = running.job, running.usage, perf_counter()
        entry = EntryIdentity(
            self._id, job.plan.suite.name, job.target.reference, job.target.fingerprint, job.model
        )

        def on_row(row: Row) -> None:
            usage.add(row)
            calls = row.observation.calls
            cached = bool(calls) and all(call.served_by == "cache" for call in calls)
            self._progress.advance(error=row.observation.outcome == "error", cached=cached)

        def keep(rows: Sequence[Row]) -> None:
            self._store.add_rows([usage.priced(row) for row in rows])
            for file in (file for row in rows for file in files_in(row.case.inputs)):
                self._thumbnails.keep(file)

        suite = job.plan.suite.name
        provider, concurrency, waiting = None, self._options.concurrency, RetryWaits()
        if job.target.own_model is None:
            provider, concurrency = models.layered(job.model, suite, waiting)
        user, user_provider = user_of(job.target), None
        if user is not None:
            user_provider, _ = models.layered(user.model, suite, waiting)
        target = open_target(job.target, job.model, provider, models.deadline_s(job.model), user_provider)
        try:
            for portion in running.portions():
                await run_cases(
                    entry,
                    (
                        (case, replicate)
                        for case, replicate in portion
                        if (case.id, replicate) not in running.done
                    ),
                    target,
                    self._scoring(job, models, waiting, stop),
                    concurrency=concurrency,
                    sink=keep,
                    on_row=on_row,
                    stop=stop,
                    waiting=waiting,
                )
                if stop.event.is_set() or self._all_decided(running):
                    return
        finally:
            running.wall_s = perf_counter() - started
            await target.aclose()

    def _scoring(self, job: Job, models: Models, waiting: RetryWaits, stop: Stop) -> Scoring:
        """The scorers of a suite, the same for all of its jobs; judges with their models open."""
        plan = job.plan
        of_job = any(isinstance(judge, Pairwise) for judge in judges_of(plan.scorers))
        key = id(job) if of_job else id(plan)
        if key not in self._scorings:
            marks = score_marks(plan)
            cache = self._files.vectors() if marks else None

            def open_model(reference: str) -> Provider:
                return models.layered(reference, plan.suite.name, waiting)[0]

            def other(judge: Pairwise) -> OtherOutput:
                provider = None if job.target.own_model is not None else open_model(job.model)
                return open_other(judge, plan, job.model, provider, self._store)

            scorers = with_models(plan.scorers, judges_of(plan.scorers), open_model, stop.set, other)
            self._scorings[key] = Scoring(scorers, self._workers, cache, marks, score_turns(plan))
        return self._scorings[key]

    def _all_decided(self, running: _RunningJob) -> bool:
        """Whether --stop-early has nothing left to find out."""
        early = running.early
        if early is None or early.obstacle:
            return False
        return early.look(self._results.columns(running.job, early, early.looked + 1))

    def _compare(self, results: list[ResultView], running: Sequence[_RunningJob]) -> list[ResultView]:
        """The results with the rules decided that compare: with a baseline or another version.

        What --stop-early has settled stays settled.
        """
        jobs = [entry.job for entry in running]
        if self._options.shard is not None or not any(
            gate.compares for job in jobs for gate in job.plan.gates
        ):
            return results
        record = self._store.run(self._id)
        asked = [(job.plan, job.target.reference) for job in jobs]
        compared = decide_comparing_rules(
            results, gated_results(self._workspace, self._store, record, results, asked)
        )
        return [
            result if entry.early is None else replace(result, gates=entry.early.gates(result.gates))
            for result, entry in zip(compared, running, strict=True)
        ]

    def _held_back(self, results: list[ResultView], running: Sequence[_RunningJob]) -> list[ResultView]:
        """The results with rules that rest on a judge which may not decide left open."""
        found = {id(entry.job.plan): standings(entry.job.plan) for entry in running}
        plans = [entry.job.plan for entry in running]
        return [held_back(result, plan, found[id(plan)]) for result, plan in zip(results, plans, strict=True)]

    def _decide(self, results: list[ResultView], stop: Stop, lacking: str) -> RunView:
        strict, shard = self._options.strict_model, self._options.shard
        doubt = self._options.inconclusive_fails and shard is None
        if shard is not None:
            results = [replace(result, gates=()) for result in results]
            found = shard_verdict(results, str(shard), stopped=stop.reason, interrupted=stop.interrupted)
        else:
            found = run_verdict(
                results,
                stopped=stop.reason,
                interrupted=stop.interrupted,
                strict_model=strict,
                lacking=lacking,
            )
        code = INTERRUPTED if stop.interrupted else found.verdict.exit_code(inconclusive_fails=doubt)
        reason = f"{found.reason}; {self._hint}" if found.can_continue else found.reason
        rows = partial(stored_rows, self._workspace, self._id)
        record = self._store.run(self._id)
        facts = run_facts(record.manifest, record.started)
        exchanges = partial(kept_exchanges, self._workspace)
        images, stopped = self._thumbnails.data_url, stop.reason
        return RunView(
            self._id, found.verdict, code, reason, tuple(results), rows, facts, exchanges, images, stopped
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
