"""The work of a run: the cases of every job, and what scores them."""

import asyncio
from collections.abc import Sequence
from time import perf_counter

from prompteval.core.errors import foremost
from prompteval.core.media import files_in
from prompteval.core.observation import Row
from prompteval.core.protocols import Provider
from prompteval.engine.batch_judges import has_judges, joined, judge_requests
from prompteval.engine.batch_mode import BatchDirectory, run_batches
from prompteval.engine.interruption import Stop, interruptible
from prompteval.engine.job_results import JobResults
from prompteval.engine.judges import OtherOutput, with_models
from prompteval.engine.loop_threads import LoopThreads
from prompteval.engine.models import Models
from prompteval.engine.other_outputs import open_other
from prompteval.engine.run_state import RunningJob, RunState
from prompteval.engine.runner import EntryIdentity, RetryWaits, run_cases
from prompteval.engine.scoring.lanes import Workers
from prompteval.engine.scoring.scoring import Scoring
from prompteval.engine.stored import thumbnails
from prompteval.engine.targets.open import OpenTarget, open_target
from prompteval.judging.pairwise import Pairwise
from prompteval.plan.jobs import Job
from prompteval.plan.judges import judges_of
from prompteval.plan.score_marks import score_marks, score_turns
from prompteval.plan.targets.resolve import user_of


class RunWork:
    """Runs the jobs of one run; `results` says of a job that may stop early what is known of it."""

    def __init__(self, run: RunState, results: JobResults) -> None:
        self._run = run
        self._results = results
        self._thumbnails = thumbnails(run.workspace)
        self._workers = Workers(run.options.concurrency)
        self._scorings: dict[int, Scoring] = {}

    async def all(self, running: Sequence[RunningJob], models: Models, stop: Stop) -> None:
        """Every job at once: models do not wait for each other, and suites take turns at a model."""
        total = sum(entry.job.planned - len(entry.done) for entry in running)
        several = f"{len(running)} entries" if len(running) > 1 else running[0].job.title
        self._run.progress.start(several, total)
        try:
            asyncio.get_running_loop().set_default_executor(LoopThreads(stop))
            async with interruptible(stop):
                if self._run.files.batches is not None:
                    await self._by_batch(self._run.files.batches, running, models, stop)
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
        self, batches: BatchDirectory, running: Sequence[RunningJob], models: Models, stop: Stop
    ) -> None:
        """Every reply of the run, and then every reply of the judges of what came."""
        cache, jobs = self._run.files.cache, [entry.job for entry in running]
        missing = models.batched([(entry.job, entry.done) for entry in running])
        await run_batches(batches, missing, cache, self._run.progress, stop)
        if stop.event.is_set() or not has_judges(jobs):
            return
        asked = [
            await judge_requests(entry.job, entry.done, models, batches, cache, self._run.store)
            for entry in running
        ]
        wanted = models.batched_with(dict(joined(asked)))
        await run_batches(batches, wanted, cache, self._run.progress, stop)

    async def _one(self, running: RunningJob, models: Models, stop: Stop) -> None:
        job, usage, started = running.job, running.usage, perf_counter()
        entry = EntryIdentity(
            self._run.run_id, job.plan.suite.name, job.target.reference, job.target.fingerprint, job.model
        )

        def on_row(row: Row) -> None:
            usage.add(row)
            calls = row.observation.calls
            cached = bool(calls) and all(call.served_by == "cache" for call in calls)
            self._run.progress.advance(error=row.observation.outcome == "error", cached=cached)

        def keep(rows: Sequence[Row]) -> None:
            self._run.store.add_rows([usage.priced(row) for row in rows])
            for file in (file for row in rows for file in files_in(row.case.inputs)):
                self._thumbnails.keep(file)

        waiting = RetryWaits()
        target, concurrency = self._opened(job, models, waiting)
        try:
            for number, portion in enumerate(running.portions()):
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
                    answered=number > 0 or bool(running.done),
                )
                if stop.event.is_set() or self._all_decided(running):
                    return
        finally:
            running.wall_s = perf_counter() - started
            await target.aclose()

    def _opened(self, job: Job, models: Models, waiting: RetryWaits) -> tuple[OpenTarget, int]:
        """(the target of a job with its models open, how many of its cases run at once)."""
        suite = job.plan.suite.name
        provider, concurrency = None, self._run.options.concurrency
        if job.target.own_model is None:
            provider, concurrency = models.layered(job.model, suite, waiting)
        user, user_provider = user_of(job.target), None
        if user is not None:
            user_provider, _ = models.layered(user.model, suite, waiting)
        target = open_target(job.target, job.model, provider, models.deadline_s(job.model), user_provider)
        return target, concurrency

    def _scoring(self, job: Job, models: Models, waiting: RetryWaits, stop: Stop) -> Scoring:
        """The scorers of a suite, the same for all of its jobs; judges with their models open."""
        plan = job.plan
        of_job = any(isinstance(judge, Pairwise) for judge in judges_of(plan.scorers))
        key = id(job) if of_job else id(plan)
        if key not in self._scorings:
            marks = score_marks(plan)
            cache = self._run.files.vectors() if marks else None

            def open_model(reference: str) -> Provider:
                return models.layered(reference, plan.suite.name, waiting)[0]

            def other(judge: Pairwise) -> OtherOutput:
                provider = None if job.target.own_model is not None else open_model(job.model)
                return open_other(judge, plan, job.model, provider, self._run.store)

            scorers = with_models(plan.scorers, judges_of(plan.scorers), open_model, stop.set, other)
            self._scorings[key] = Scoring(scorers, self._workers, cache, marks, score_turns(plan))
        return self._scorings[key]

    def _all_decided(self, running: RunningJob) -> bool:
        """Whether --stop-early has nothing left to find out."""
        early = running.early
        if early is None or early.obstacle:
            return False
        return early.look(self._results.columns(running.job, early, early.looked + 1))
