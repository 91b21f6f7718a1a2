"""What a run would do: calls, tokens and money, worked out without making one call."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from prompteval.core.case import Case
from prompteval.core.errors import DeadlineExceeded, RenderError
from prompteval.engine.models import Models
from prompteval.engine.targets.prompt import PromptTarget
from prompteval.plan.jobs import Job, plan_jobs, plan_suites
from prompteval.plan.run_options import RunOptions
from prompteval.plan.targets.prompt import PromptPlan
from prompteval.plan.targets.resolve import user_of
from prompteval.store.cache import SqliteCache
from prompteval.workspace.settings import Workspace


@dataclass(frozen=True, slots=True)
class EntryEstimate:
    """What one entry would need, at most. None where it cannot be known beforehand.

    Each call is counted once: attempts that fail come on top. Where fakes answer calls of tools, a case
    counts as many calls as it may make, and what it says on the way is not known. `estimated` says that the
    tokens are not counted by an encoding known to be the model's own. `user_calls` are those of the model
    that plays the user of a conversation, beside `calls`.
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


def dry_run(workspace: Workspace, options: RunOptions) -> dict[str, Any]:
    """The document of `run --dry-run --json`; raises what the run itself would raise before a call."""
    jobs = plan_jobs(plan_suites(workspace, options), options)
    path = workspace.state_path() / "cache.sqlite"
    cache = SqliteCache.open(path) if options.cache and path.exists() else None
    models = Models(workspace, options, cache=None, recorder=None, journal=None)
    try:
        entries = [_expected(job, models, cache) for job in jobs]
    finally:
        if cache is not None:
            cache.close()
    return {
        "schema": "prompteval/dry-run@1",
        "entries": [asdict(entry) for entry in entries],
        "total": _total(entries),
    }


def _expected(job: Job, models: Models, cache: SqliteCache | None) -> EntryEstimate:
    if not isinstance(job.target, PromptPlan):
        calls = sum(_turns(job, case) for case, _ in job.work()) * getattr(job.target, "calls_a_case", 1)
        return _uncounted(job, calls, False)
    model = models.open(job.model, ready=False)
    target = PromptTarget(job.target.prompt, model.provider, job.model)
    if job.target.fakes is not None:
        calls = sum(_turns(job, case) for case, _ in job.work()) * (job.target.fakes.max_steps + 1)
        return _uncounted(job, calls, model.sizes.estimated)
    if job.target.user is not None or job.plan.facts.most_turns:
        return _uncounted(job, sum(_turns(job, case) for case, _ in job.work()), model.sizes.estimated)
    calls = cached = prompt = completion = 0
    cost: float | None = 0.0
    for case, replicate in job.work():
        try:
            request = target.request(case, replicate)
        except (RenderError, DeadlineExceeded):
            continue
        if cache is not None and model.provider.cacheable and cache.get(request.key) is not None:
            cached += 1
            continue
        calls += 1
        asked, answered = model.sizes.expected(request)
        prompt, completion = prompt + asked, completion + answered
        cost = None if cost is None or model.price is None else cost + model.price.of(asked, answered)
    return EntryEstimate(
        job.plan.suite.name, job.target.reference, job.model, calls, cached, prompt, completion,
        None if cost is None else round(cost, 9), model.sizes.estimated,
    )  # fmt: skip


def _turns(job: Job, case: Case) -> int:
    """How often the system is asked for a case at most."""
    user = user_of(job.target)
    return max(len(case.turns), user.max_turns if user is not None else 1)


def _uncounted(job: Job, calls: int, estimated: bool) -> EntryEstimate:
    return EntryEstimate(
        job.plan.suite.name, job.target.reference, job.model, calls, 0, None, None, None, estimated,
        _user_calls(job),
    )  # fmt: skip


def _user_calls(job: Job) -> int:
    """How often the model that plays the user is asked at most."""
    user = user_of(job.target)
    if user is None:
        return 0
    return sum(max(user.max_turns - len(case.turns), 0) for case, _ in job.work())


def _total(entries: Sequence[EntryEstimate]) -> dict[str, object]:
    """Sums; None as soon as one part is not known."""
    names = (
        "calls",
        "user_calls",
        "cached",
        "prompt_tokens",
        "completion_tokens_at_most",
        "cost_usd_at_most",
    )
    total: dict[str, object] = {}
    for name in names:
        values = [getattr(entry, name) for entry in entries]
        total[name] = None if None in values else sum(values)
    return total
