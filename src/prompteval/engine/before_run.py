"""What can be refused is refused before the first call is paid for."""

import os
from collections.abc import Iterable, Sequence

from prompteval.analysis.baselines.file import read_baseline
from prompteval.analysis.comparison.gate_rules import needs_baseline
from prompteval.core.address import without_credentials
from prompteval.core.errors import InvalidInput, UsageError
from prompteval.engine.batch_mode import refuse_unbatchable
from prompteval.engine.models import Models, refuse_unready
from prompteval.plan.jobs import Job, plan_jobs, plans_of
from prompteval.plan.run_options import RunOptions
from prompteval.plan.suite_plan import SuitePlan
from prompteval.plan.targets.endpoint import EndpointPlan
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import WorkingTree


def refuse_early(workspace: Workspace, jobs: Sequence[Job], options: RunOptions) -> None:
    """Raise what would otherwise end a run of these jobs after its calls.

    InvalidInput for a baseline that a gate needs and that cannot be read, for metrics that the outputs
    cannot serve, and for test rows that a transform of a model was fitted on; UsageError for jobs that
    cannot go by batch, for a recording that is not there, for an encoder without its key, and for spending
    that --max-cost would not see.
    """
    if options.replay is not None and not options.replay.is_file():
        raise UsageError(f"--replay {options.replay}: no such file", "record one with --record")
    if options.batch:
        refuse_unbatchable(jobs)
    if not options.offline:
        for job in jobs:
            _refuse_unset(job)
    tree = WorkingTree(workspace.root)
    for plan in plans_of(jobs):
        if any(needs_baseline(gate) for gate in plan.gates):
            read_baseline(tree, plan.suite.name)
        _check_encoders(plan, options)
        _refuse_unservable(plan)
        _refuse_seen(workspace, plan)


def refuse_unready_side(workspace: Workspace, plans: Iterable[SuitePlan], options: RunOptions) -> None:
    """The same for a side of a comparison, before the other side is run; and its models can be asked."""
    chosen = list(plans)
    if not chosen:
        return
    jobs = plan_jobs(chosen, options)
    refuse_early(workspace, jobs, options)
    Models(workspace, options, cache=None, recorder=None, journal=None).prepare(jobs)


def _refuse_unservable(plan: SuitePlan) -> None:
    """Raise InvalidInput for metrics that the outputs cannot serve, as `check` reports them."""
    if plan.rag is None:
        return
    from prompteval.plan.stage_problems import stage_problems

    errors = [found for found in stage_problems(plan) if found.severity == "error"]
    if errors:
        raise InvalidInput(errors)


def _refuse_seen(workspace: Workspace, plan: SuitePlan) -> None:
    """Raise InvalidInput for test rows that a transform of a model was fitted on; `local` models have one."""
    if not any(profile.provider == "local" for profile in workspace.settings.models.values()):
        return
    from prompteval.engine.data.seen import models_of, seen_problems

    if seen := seen_problems(workspace, plan.suite, models_of(plan)):
        raise InvalidInput(seen)


def _refuse_unset(job: Job) -> None:
    """Raise UsageError where an endpoint needs a variable that is not set."""
    target = job.target
    names = target.headers_env.values() if isinstance(target, EndpointPlan) else ()
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        where = without_credentials(target.reference.removeprefix("endpoint:"))
        raise UsageError(f"{missing[0]} is not set; {where} needs it", "set it in the environment")


def _check_encoders(plan: SuitePlan, options: RunOptions) -> None:
    for name, encoder in plan.rag.encoders.remote().items() if plan.rag is not None else ():
        if options.max_cost is not None:
            message = f"--max-cost does not count what {name} costs to embed, so the limit would not hold"
            raise UsageError(message, "leave it out, or use an encoder on this machine")
        if not options.offline:
            refuse_unready(encoder)
