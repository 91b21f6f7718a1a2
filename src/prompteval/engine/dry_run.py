"""What a run would do: calls, tokens and money, worked out without making one call."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from prompteval.core.errors import DeadlineExceeded, RenderError
from prompteval.core.protocols import ResponseCache
from prompteval.engine.dry_run_turns import Conversations, SystemSide, Tally, UserSide
from prompteval.engine.models import Model, Models
from prompteval.engine.stored import backend
from prompteval.engine.targets.prompt import PromptTarget
from prompteval.plan.jobs import Job, plan_jobs, plan_suites
from prompteval.plan.judges import judges_of
from prompteval.plan.run_options import RunOptions
from prompteval.plan.targets.outputs import OutputsPlan
from prompteval.plan.targets.prompt import PromptPlan
from prompteval.plan.targets.resolve import user_of
from prompteval.workspace.settings import Workspace


@dataclass(frozen=True, slots=True)
class EntryEstimate:
    """What one entry would need, at most. None where it cannot be known beforehand.

    Each call is counted once: attempts that fail come on top. A conversation counts with every turn that may
    be played, a prompt with fakes with every step, each reply as long as it may be, and what a tool gives as
    RESULT_TOKENS. `estimated` says that tokens are not exact: so counted, or by an encoding that is not known
    to be the model's own. The `user_` fields are of the model that plays the user of a conversation, which
    are in none of the others; nor are `judge_calls`, those of all judges where no reply is in the cache.
    """

    suite: str
    prompt: str
    model: str
    calls: int
    cached: int
    prompt_tokens: int | None
    completion_tokens_at_most: int | None
    cost_usd_at_most: float | None
    estimated: bool
    user_calls: int = 0
    user_prompt_tokens: int = 0
    user_completion_tokens_at_most: int = 0
    user_cost_usd_at_most: float | None = 0.0
    judge_calls: int = 0


def dry_run(workspace: Workspace, options: RunOptions) -> dict[str, Any]:
    """The document of `run --dry-run --json`; raises what the run itself would raise before a call."""
    jobs = plan_jobs(plan_suites(workspace, options), options)
    place = backend(workspace)
    cache = place.open_cache() if options.cache and place.has_cache() else None
    models = Models(workspace, options, cache=None, recorder=None, journal=None)
    try:
        entries = [replace(_expected(job, models, cache), judge_calls=_judge_calls(job)) for job in jobs]
    finally:
        if cache is not None:
            cache.close()
    return {
        "schema": "prompteval/dry-run@1",
        "entries": [asdict(entry) for entry in entries],
        "total": _total(entries),
    }


def _judge_calls(job: Job) -> int:
    """How often judges are asked about the outputs of a job; passage by passage, once for an output."""
    asked = sum(judge.calls_an_output for judge in judges_of(job.plan.scorers))
    return asked * job.planned


def _expected(job: Job, models: Models, cache: ResponseCache | None) -> EntryEstimate:
    plan, user = job.target, user_of(job.target)
    if isinstance(plan, PromptPlan):
        model = models.open(job.model, ready=False)
        several = plan.fakes is not None or user is not None or bool(job.plan.facts.most_turns)
        return _asked_again(job, models, model, cache) if several else _asked_once(job, plan, model, cache)
    if user is not None:
        return _asked_again(job, models, None, cache)
    if isinstance(plan, OutputsPlan):
        return EntryEstimate(job.plan.suite.name, plan.reference, job.model, 0, 0, 0, 0, 0.0, False)
    calls = sum(max(len(case.turns), 1) for case, _ in job.work()) * getattr(plan, "calls_a_case", 1)
    return EntryEstimate(job.plan.suite.name, plan.reference, job.model, calls, 0, None, None, None, False)


def _asked_once(job: Job, plan: PromptPlan, model: Model, cache: ResponseCache | None) -> EntryEstimate:
    """Cases of one call each."""
    target, tally = PromptTarget(plan.prompt, model.provider, job.model), Tally(model.price)
    known = cache if model.provider.cacheable else None
    estimated = model.sizes.estimated
    for case, replicate in job.work():
        try:
            request = target.request(case, replicate)
        except (RenderError, DeadlineExceeded):
            continue
        if known is not None and known.get(request.key) is not None:
            tally.cached += 1
        else:
            tally.add(*model.sizes.expected(request))
            estimated = estimated or model.sizes.estimated_for(request)
    return EntryEstimate(
        job.plan.suite.name, plan.reference, job.model, tally.calls, tally.cached, tally.prompt,
        tally.completion, tally.cost_usd, estimated,
    )  # fmt: skip


def _asked_again(job: Job, models: Models, model: Model | None, cache: ResponseCache | None) -> EntryEstimate:
    """Cases of several calls; `model` is None for an application, whose tokens are not known."""
    tally, user = Tally(None if model is None else model.price), _user_side(job, models)
    system = None
    if model is not None and isinstance(job.target, PromptPlan):
        known = cache if model.provider.cacheable else None
        system = SystemSide(job.target, model, tally, known, simulated=user is not None)
    conversations = Conversations(system, user, tally)
    for case, replicate in job.work():
        conversations.add(case, replicate)
    of_user = Tally() if user is None else user.tally
    found = EntryEstimate(
        job.plan.suite.name, job.target.reference, job.model, tally.calls, tally.cached,
        None, None, None, True, of_user.calls, of_user.prompt, of_user.completion, of_user.cost_usd,
    )  # fmt: skip
    if model is None:
        return found
    return replace(
        found,
        prompt_tokens=tally.prompt,
        completion_tokens_at_most=tally.completion,
        cost_usd_at_most=tally.cost_usd,
    )


def _user_side(job: Job, models: Models) -> UserSide | None:
    user = user_of(job.target)
    if user is None:
        return None
    model = models.open(user.model, ready=False)
    return UserSide(user, model, Tally(model.price))


def _total(entries: Sequence[EntryEstimate]) -> dict[str, object]:
    """Sums; None as soon as one part is not known."""
    names = (
        "calls", "cached", "prompt_tokens", "completion_tokens_at_most", "cost_usd_at_most",
        "user_calls", "user_prompt_tokens", "user_completion_tokens_at_most", "user_cost_usd_at_most",
        "judge_calls",
    )  # fmt: skip
    total: dict[str, object] = {"estimated": any(entry.estimated for entry in entries)}
    for name in names:
        values = [getattr(entry, name) for entry in entries]
        total[name] = None if None in values else sum(values)
    return total
