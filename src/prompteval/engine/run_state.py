"""One run: what it is made with, and each of its jobs with what it used."""

from collections.abc import Iterator
from dataclasses import dataclass

from prompteval.analysis.early.decide import EarlyStopping
from prompteval.analysis.shard_usage import ShardUsage
from prompteval.analysis.usage import UsageTotals
from prompteval.core.case import Case
from prompteval.core.observation import is_settled
from prompteval.engine.files import Files
from prompteval.engine.models import Models
from prompteval.engine.progress import Progress
from prompteval.judging.pairwise import Pairwise
from prompteval.plan.jobs import Job
from prompteval.plan.judges import judges_of
from prompteval.plan.run_options import RunOptions
from prompteval.plan.targets.resolve import user_of
from prompteval.store.protocol import ResultsStore
from prompteval.workspace.settings import Workspace


@dataclass(frozen=True, slots=True)
class RunState:
    """A run in progress. `continued` says that rows of it are stored already.

    `shards` is of how many shards a run is whose rows are all stored, to be decided; else 0.
    """

    workspace: Workspace
    options: RunOptions
    progress: Progress
    files: Files
    run_id: str
    continued: bool = False
    shards: int = 0

    @property
    def store(self) -> ResultsStore:
        """Where its rows go."""
        return self.files.store


@dataclass(slots=True)
class RunningJob:
    """A job with what it used and how long it took."""

    job: Job
    usage: UsageTotals
    early: EarlyStopping | None = None
    done: frozenset[tuple[str, int]] = frozenset()
    wall_s: float = 0.0
    shards: ShardUsage | None = None

    def portions(self) -> Iterator[Iterator[tuple[Case, int]]]:
        """What runs before each look at whether all is decided; all of it where nothing is to be seen."""
        return iter([self.job.work()]) if self.early is None else self.early.portions()


def begun(run: RunState, job: Job, models: Models, early: EarlyStopping | None) -> RunningJob:
    """A job with what is stored of it already, when the run is resumed."""
    entry = RunningJob(job, _usage(job, models), early)
    if not run.continued:
        return entry
    if run.shards:
        entry.shards = ShardUsage(run.shards, lambda: _usage(job, models))
    done, unknown = set(), 0
    for row in run.store.rows(run.run_id, job.plan.suite.name, job.target.reference, job.model):
        if entry.shards is not None:
            entry.shards.add(row)
        if is_settled(row) or run.shards:
            entry.usage.add(row)
        if is_settled(row):
            done.add((row.case.id, row.replicate))
            unknown += run.files.record_again(row)
    if unknown:
        run.progress.note(
            f"{run.options.record}: {unknown} replies of the run's first part are no longer known;"
            " a replay will report the recording as stale"
        )
    if models.budget is not None:
        models.budget.settle(0.0, (entry.usage.priced_usd or 0.0) + entry.usage.beside_usd)
    entry.done = frozenset(done)
    return entry


def _usage(job: Job, models: Models) -> UsageTotals:
    """What the models of a job have used; filled while they are asked."""
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
    return usage
