"""`run --cluster`: the shards of a run on the workers of an engine, and one verdict over all of them."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from prompteval.cluster.engine import DeskSettings, Engine
from prompteval.cluster.task import ShardResult, ShardTask, shard_directory, shards_for
from prompteval.cluster.worker import content
from prompteval.core.environment import remember_environment
from prompteval.core.errors import NoResults, StoreError, UsageError
from prompteval.core.text import counted
from prompteval.core.verdict import Verdict
from prompteval.engine.before_run import refuse_early
from prompteval.engine.copying import copy_attempts, copy_rows
from prompteval.engine.files import Files, opened, run_directory
from prompteval.engine.interruption import Stop
from prompteval.engine.models import Models
from prompteval.engine.progress import Progress
from prompteval.engine.resume import find_resumable, refuse_changed
from prompteval.engine.run import Ending, decide_stored, new_run_id
from prompteval.engine.run_ending import now
from prompteval.engine.stored import backend
from prompteval.judging.pairwise import Pairwise
from prompteval.plan.jobs import Job, entries_of, plan_jobs, plan_suites, plans_of
from prompteval.plan.judges import judges_of
from prompteval.plan.manifest import manifest
from prompteval.plan.run_options import RunOptions
from prompteval.plan.shard import Shard
from prompteval.plan.shard_runs import resume_hint, shard_run
from prompteval.report.view import RunView
from prompteval.store.protocol import ResultsStore
from prompteval.store.records import RunRecord
from prompteval.store.results import SqliteStore
from prompteval.workspace.settings import Workspace
from prompteval.workspace.store_place import RESULTS
from prompteval.workspace.writing import make_directory

# The attempts of a shard are numbered from its own number on, so many apart.
ATTEMPTS_A_SHARD = 10_000_000


def run_on_cluster(
    workspace: Workspace, options: RunOptions, progress: Progress, connect: Callable[[], Engine]
) -> RunView:
    """Run what is selected in shards, merge them, and decide.

    `connect` joins the engine, once all that can be refused before is. A run whose driver died is continued
    by `options.resume`, from any machine that has the workspace.
    Raises UsageError, InvalidInput and NothingSelected as `run_suites` does, and UsageError for what needs
    one process.
    """
    remember_environment()
    _refuse_options(options)
    with opened(workspace, replace(options, cache=False)) as files:
        record: RunRecord | None = None
        if options.resume is not None:
            resumed = find_resumable(files.store, options)
            record, options = resumed.record, resumed.options
            _refuse_of_one_process(record)
        jobs = plan_jobs(plan_suites(workspace, options), options)
        _refuse_jobs(jobs)
        refuse_early(workspace, jobs, options)
        Models(workspace, options, cache=None, recorder=None, journal=None).prepare(jobs)
        engine = connect()
        try:
            return _Driver(workspace, options, progress, files, jobs, engine).finish(record)
        finally:
            engine.close()


def _refuse_options(options: RunOptions) -> None:
    """Raise UsageError for options that need every case in one process."""
    needs = {
        "--shard": options.shard is not None, "--stop-early": options.stop_early is not None,
        "--batch": options.batch, "--record": options.record is not None, "--offline": options.offline,
    }  # fmt: skip
    for name, given in needs.items():
        if given:
            raise UsageError(f"{name} runs in one process, and --cluster in many", "leave one out")


def _refuse_of_one_process(record: RunRecord) -> None:
    if "cluster" not in record.manifest:
        message = f"run {record.run_id} was begun in one process"
        raise UsageError(message, resume_hint(record.run_id, record.manifest))


def _refuse_jobs(jobs: Sequence[Job]) -> None:
    """A judge of pairs that compares with a stored run reads a store that workers do not have."""
    for job in jobs:
        for judge in judges_of(job.plan.scorers):
            if isinstance(judge, Pairwise) and judge.rival is None:
                message = f"{job.plan.suite.name}: {judge.name} compares with a stored run"
                raise UsageError(f"{message}, which workers do not have", "run without --cluster")


@dataclass(slots=True)
class _Driver:
    """One run on a cluster, from its first shard to its verdict."""

    workspace: Workspace
    options: RunOptions
    progress: Progress
    files: Files
    jobs: Sequence[Job]
    engine: Engine

    def finish(self, record: RunRecord | None) -> RunView:
        """Begin the run, or continue it; its view."""
        run_id = new_run_id() if record is None else record.run_id
        self.files.open_journal(run_id)  # nobody else may drive it
        shards = self._begin(run_id, record)
        directory = make_directory(
            run_directory(self.workspace.state_dir(), run_id), within=self.workspace.state_dir(), private=True
        )
        stop = Stop()
        tasks = self._tasks(run_id, shards)
        results = self._results(
            run_id, tasks, DeskSettings(directory / "desk.json", self.options.max_cost), stop
        )
        lost = [result for result in results if result.error]
        self._merge(run_id, shards)
        merged = self.files.store.run(run_id)
        ending = Ending(_lacking(lost), stop, resume_hint(run_id, merged.manifest))
        view = decide_stored(self.workspace, self.options, self.files, merged, self.jobs, ending)
        if view.verdict is not Verdict.INCOMPLETE:
            shutil.rmtree(directory, ignore_errors=True)
            if self.workspace.store_place().is_shared:
                backend(self.workspace).delete_runs([shard_run(run_id, shard) for shard in shards])
        return view

    def _begin(self, run_id: str, record: RunRecord | None) -> list[Shard]:
        """Note that the run begins, or continues; its shards."""
        plans, entries = plans_of(self.jobs), entries_of(self.jobs)
        made_from = manifest(self.workspace, plans, entries, self.options.as_json())
        if record is None:
            number = shards_for(sum(job.planned for job in self.jobs), self.engine.workers)
            made_from["cluster"] = {"shards": number}
            self.files.store.begin_run(run_id, made_from, now())
            self.files.store.flush()
        else:
            refuse_changed(record, made_from)
            number = int(record.manifest["cluster"]["shards"])
            self.files.store.continue_run(run_id)
        return [Shard(place, number) for place in range(1, number + 1)]

    def _tasks(self, run_id: str, shards: Sequence[Shard]) -> list[ShardTask]:
        made_from, root, machine = content(self.jobs), self.workspace.root, self.engine.machine
        return [ShardTask(root, run_id, shard, self.options, made_from, machine) for shard in shards]

    def _results(
        self, run_id: str, tasks: Sequence[ShardTask], desk: DeskSettings, stop: Stop
    ) -> list[ShardResult]:
        """What every shard says; fewer where the run stopped. Raises UsageError for what no retry helps."""
        found: list[ShardResult] = []
        self.progress.start(f"{counted(len(tasks), 'shard')}", sum(job.planned for job in self.jobs))
        results = self.engine.results(run_id, desk, tasks)
        while True:
            try:
                result = next(results, None)
                if result is None:
                    return found
                found.append(result)
                self._note(result, stop)
            except KeyboardInterrupt:
                if stop.interrupted:
                    raise
                stop.set("interrupted", interrupted=True)
                self.engine.stop()

    def _note(self, result: ShardResult, stop: Stop) -> None:
        for number in range(result.cases):
            self.progress.advance(error=number < result.errors, cached=number >= result.cases - result.cached)
        if result.error and result.exit_code == UsageError.exit_code:
            self.engine.stop()
            raise UsageError(f"on the worker of shard {result.shard}: {result.error}")
        if result.error:
            self.progress.note(f"shard {result.shard}: {result.error}")
        if result.stopped and not stop.event.is_set():
            stop.set(result.stopped)
            self.engine.stop()

    def _merge(self, run_id: str, shards: Sequence[Shard]) -> None:
        """Copy what every shard has into the run, one after the other; one never begun has nothing."""
        into = self.files.store
        for shard in shards:
            own = shard_run(run_id, shard)
            path = shard_directory(self.workspace.state_dir(), run_id, shard) / RESULTS
            try:
                if self.workspace.store_place().is_shared:
                    if into.known(own) is not None:
                        _copy(into, own, shard, into, run_id)
                elif path.exists():
                    copy_file(path, own, shard, into, run_id)
            except StoreError as error:
                raise StoreError(into.place, f"shard {shard} cannot be merged: {error}") from None
        into.flush()


def copy_file(path: Path, own: str, shard: Shard, into: ResultsStore, run_id: str) -> None:
    """Copy the file of a shard into the run; one whose worker ended before it noted its run has nothing."""
    with suppress(NoResults), closing(SqliteStore.open(path, readonly=True)) as store:
        if store.known(own) is not None:
            _copy(store, own, shard, into, run_id)


def _copy(source: ResultsStore, own: str, shard: Shard, into: ResultsStore, run_id: str) -> None:
    """Copy the rows of a shard, and its attempts, which keep their numbers when it is merged again."""
    copy_rows(source.rows(own), into, run_id)
    copy_attempts(source, own, into, run_id, shard.number * ATTEMPTS_A_SHARD)


def _lacking(lost: Sequence[ShardResult]) -> str:
    """Which shards were lost, and why the first was, as a sentence; empty where none was."""
    if not lost:
        return ""
    names = ", ".join(str(one.shard) for one in sorted(lost, key=lambda one: one.shard.number)[:10])
    more = f" and {len(lost) - 10} more" if len(lost) > 10 else ""
    return f"{counted(len(lost), 'shard')} could not be run: {names}{more} ({lost[0].error})"
