"""One shard, run in a worker: a run of its own, whose limits are leased and whose content is the driver's."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from time import monotonic, sleep

from prompteval.cluster.gate import Exchange, LeasedGate
from prompteval.cluster.messages import unpack
from prompteval.cluster.money import LeasedBudget
from prompteval.cluster.task import ShardResult, ShardTask, shard_directory
from prompteval.core.errors import PromptevalError, ProviderError, RunInUse, StoreError, UsageError
from prompteval.core.exit_codes import INCOMPLETE
from prompteval.engine.limits import Limiter
from prompteval.engine.progress import Progress
from prompteval.engine.resume import changes, is_unfinished
from prompteval.engine.run import run_suites
from prompteval.engine.stored import backend, reading
from prompteval.plan.jobs import Job, entries_of, plans_of
from prompteval.plan.manifest import suite_manifest
from prompteval.plan.run_options import RunOptions
from prompteval.plan.shard import Shard
from prompteval.plan.shard_runs import shard_run, shard_side
from prompteval.providers.layers import Budget
from prompteval.report.view import RunView
from prompteval.store.records import RunRecord
from prompteval.store.write_lock import WriteLock
from prompteval.workspace.settings import ModelProfile, Workspace, find_workspace
from prompteval.workspace.store_place import RESULTS
from prompteval.workspace.writing import make_directory

# How long a worker waits for one of another driver to end.
IN_USE_S = 60.0


def run_shard(data: bytes, exchange: Exchange, machine: str) -> bytes:
    """Run what a packed ShardTask says; a packed ShardResult.

    What an attempt before this one has stored is not run again, and what it had begun is possibly billed.
    `machine` is where this is run.
    """
    body = unpack(data)
    shard = Shard(*body["shard"])
    try:
        return _run(ShardTask.of_body(body), exchange, machine).pack()
    except (StoreError, OSError) as error:  # of this machine, perhaps, and not of the others
        return ShardResult(shard, error=str(error), exit_code=INCOMPLETE).pack()
    except PromptevalError as error:
        return ShardResult(shard, error=str(error), exit_code=error.exit_code).pack()


def _run(task: ShardTask, exchange: Exchange, machine: str) -> ShardResult:
    workspace = find_workspace(task.root)
    if workspace.root != task.root:
        message = f"no workspace at {task.root} on the machine of a worker"
        raise UsageError(message, "every machine needs it at the same path")
    if workspace.store_place().is_shared:
        return _when_free(task, exchange, workspace)
    state = workspace.state_dir()
    directory = make_directory(shard_directory(state, task.run_id, task.shard), within=state, private=True)
    lock = WriteLock(directory / "shard")  # a worker whose driver died may still be at it
    try:
        with lock.taken():
            own = replace(workspace, store=str(directory / RESULTS))
            return _in_turn(task, exchange, own, cache=machine == task.machine)
    finally:
        lock.close()


def _when_free(task: ShardTask, exchange: Exchange, workspace: Workspace) -> ShardResult:
    """Run what is left of the shard in the store of all, once nobody else does."""
    until = monotonic() + IN_USE_S
    while True:
        try:
            return _in_turn(task, exchange, workspace, cache=True)
        except RunInUse as error:  # a worker whose driver died may still be at it
            if monotonic() > until:
                return ShardResult(task.shard, error=str(error), exit_code=INCOMPLETE)
            sleep(1.0)


def _in_turn(task: ShardTask, exchange: Exchange, workspace: Workspace, *, cache: bool) -> ShardResult:
    """Run what is left of the shard, alone."""
    record = _begun(workspace, shard_run(task.run_id, task.shard))
    counted = _Counted()
    if record is not None and not is_unfinished(record):
        return counted.result(task, None, _stored(workspace, record.run_id))
    side = shard_side(task.shard, task.run_id)
    options = replace(task.options, shard=task.shard, cache=task.options.cache and cache, side=side)
    if record is not None:
        options = replace(_unselected(options), resume=record.run_id)
    shared = _Leased(exchange, task)
    try:
        view = run_suites(workspace, options, counted, check=_same_content(task), shared=shared)
    except RunInUse:
        shared.forget()
        raise
    finally:
        shared.give_back()
    before = 0 if record is None else _stored(workspace, record.run_id) - counted.cases
    return counted.result(task, view, before)


def _begun(workspace: Workspace, run_id: str) -> RunRecord | None:
    """The run of an attempt before this one."""
    store = backend(workspace).open()
    try:
        found = store.known(run_id)
        if found is not None:
            store.refuse_damaged(found)
        return found
    finally:
        store.close()


def _stored(workspace: Workspace, run_id: str) -> int:
    """How many rows of a run are stored."""
    with reading(workspace) as store:
        return store.row_count(run_id)


def _unselected(options: RunOptions) -> RunOptions:
    """Without what selects cases, which a run that continues has in its manifest."""
    plain = RunOptions()
    return replace(
        options,
        suites=(), models=(), prompts=(), repeat=None, shard=None, selection=plain.selection,
    )  # fmt: skip


def content(jobs: Sequence[Job]) -> dict[str, object]:
    """What the rows of a run depend on, of its manifest."""
    return {
        "suites": {plan.suite.name: suite_manifest(plan) for plan in plans_of(jobs)},
        "entries": entries_of(jobs),
    }


def _same_content(task: ShardTask) -> Callable[[Sequence[Job]], None]:
    """A check that the workspace of this machine is the one of the driver."""

    def check(jobs: Sequence[Job]) -> None:
        if changed := changes(task.content, content(jobs)):
            message = f"a worker has other content than the run: {'; '.join(changed)}"
            raise UsageError(message, "bring every machine to the same commit")

    return check


class _Counted(Progress):
    """Counts the cases that were run."""

    def __init__(self) -> None:
        self.cases = self.errors = self.cached = 0

    def advance(self, *, error: bool, cached: bool) -> None:
        self.cases += 1
        self.errors += error
        self.cached += cached

    def result(self, task: ShardTask, view: RunView | None, before: int) -> ShardResult:
        """What to tell the driver; `before` is how many cases an attempt before this one has stored."""
        stopped = view.stopped if view is not None else ""
        return ShardResult(task.shard, before + self.cases, self.errors, self.cached, stopped)


class _Leased:
    """The limits of a shard: leased from the desk, given back at its end."""

    def __init__(self, exchange: Exchange, task: ShardTask) -> None:
        self.run_id = shard_run(task.run_id, task.shard)
        self._exchange = exchange
        self._worker = str(task.shard)
        self._gates: list[LeasedGate] = []
        self._money = None
        if task.options.max_cost is not None:
            self._money = LeasedBudget(exchange, self._worker, task.options.max_cost)

    @property
    def budget(self) -> Budget | None:
        return self._money

    def limiter(
        self, reference: str, profile: ModelProfile, concurrency: int, on_pause: Callable[[float], None]
    ) -> Limiter:
        if profile.rpm is None and profile.tpm is None:
            return Limiter(concurrency=concurrency, on_pause=on_pause)
        gate = LeasedGate(self._exchange, self._worker, profile, concurrency=concurrency, on_pause=on_pause)
        self._gates.append(gate)
        return gate

    def forget(self) -> None:
        """Owe nothing: the account of the shard is another worker's, which spends by it."""
        self._gates.clear()
        self._money = None

    def give_back(self) -> None:
        """Give back what is left; what a desk that is lost does not hear of stays counted as leased."""
        owed = [gate.give_back for gate in self._gates]
        owed += [self._money.give_back] if self._money is not None else []

        async def all_of_it() -> None:
            for give_back in owed:
                with suppress(ProviderError):
                    await give_back()

        asyncio.run(all_of_it())
