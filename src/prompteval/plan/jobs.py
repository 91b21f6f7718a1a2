"""What a run has to do: one job for each suite, target and model, with the cases selected for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from prompteval.core.case import Case
from prompteval.core.errors import InvalidInput, NothingSelected, UsageError
from prompteval.core.problem import Problem, did_you_mean
from prompteval.plan.case_scan import empty_problems
from prompteval.plan.prompt_references import parse_reference
from prompteval.plan.repeats import Repeats, repeat_problems, repeats_of
from prompteval.plan.run_options import RunOptions
from prompteval.plan.selection import select
from prompteval.plan.suite_plan import SuitePlan, plan_suite
from prompteval.plan.targets.base import TargetPlan
from prompteval.workspace.discovery import find_suites
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import WorkingTree


@dataclass(frozen=True, slots=True)
class Job:
    """One (suite, target, model) of a run, with the number of cases selected for it."""

    plan: SuitePlan
    target: TargetPlan
    model: str
    selected: int
    options: RunOptions

    @property
    def title(self) -> str:
        return f"{self.plan.suite.name} {self.target.reference} {self.model}"

    @property
    def planned(self) -> int:
        """Cases times repeats, as far as the suite or the command line says how often."""
        return self.selected * self.repeats.of(None)

    @property
    def repeats(self) -> Repeats:
        """How often each case runs."""
        return repeats_of(self.plan, self.options.repeat)

    def work(self) -> Iterator[tuple[Case, int]]:
        """Every (case, replicate), read again, in the order of the files."""
        repeats = self.repeats
        for case in _selected(self.plan, self.options):
            for replicate in range(repeats.of(case.repeat)):
                yield case, replicate


def plan_suites(workspace: Workspace, options: RunOptions) -> list[SuitePlan]:
    """The suites that the options name, resolved.

    Raises InvalidInput with all that is wrong in any of them, and UsageError for a prompt that none runs.
    """
    paths = find_suites(WorkingTree(workspace.root), options.suites)
    if not paths:
        raise NothingSelected("no suites in evals/; write one or run `prompteval init`")
    plans: list[SuitePlan] = []
    wrong: dict[Problem, None] = {}
    for path in paths:
        try:
            plans.append(plan_suite(workspace, path, models=options.models, prompts=options.prompts))
        except InvalidInput as error:
            wrong |= dict.fromkeys(error.problems)
    if wrong:
        raise InvalidInput(list(wrong))
    _refuse_unused(options.prompts, plans)
    return plans


def _refuse_unused(references: Sequence[str], plans: Sequence[SuitePlan]) -> None:
    """A prompt that is asked for and that no suite runs would be left out silently."""
    known = {prompt.name for plan in plans for prompt in plan.prompts}
    for reference in references:
        name = parse_reference(reference).name
        if name not in known:
            raise UsageError(f"--prompt {reference}: no suite here runs it", did_you_mean(name, known))


def plan_jobs(plans: Sequence[SuitePlan], options: RunOptions) -> list[Job]:
    """The jobs that have a case to run, in this shard or another. Raises NothingSelected when there is none.

    Raises InvalidInput where a suite or one of its splits has no case at all, or where no case runs as
    often as a metric needs; UsageError where two jobs would share their rows.
    """
    jobs: list[Job] = []
    short = [problem for plan in plans for problem in repeat_problems(plan, options.repeat)]
    wrong = [problem for problem in short if problem.severity == "error"]
    if wrong:
        raise InvalidInput(wrong)
    for plan in plans:
        selected = _count(plan, options) if plan.targets else 0
        if selected or (
            options.shard is not None and plan.targets and _count(plan, replace(options, shard=None))
        ):
            jobs += [Job(plan, target, model, selected, options) for target, model in plan.entries()]
    if not jobs:
        raise NothingSelected("no case was selected; look at -k, --prompt, --failed and split")
    empty = [problem for plan in plans if plan.targets for problem in empty_problems(plan.suite, plan.facts)]
    if empty:
        raise InvalidInput(empty)
    _refuse_same(jobs)
    return jobs


def plans_of(jobs: Sequence[Job]) -> list[SuitePlan]:
    """The suites of the jobs, each once."""
    return list({id(job.plan): job.plan for job in jobs}.values())


def entries_of(jobs: Sequence[Job]) -> list[tuple[str, str, str]]:
    """(suite, target, model) of each job."""
    return [(job.plan.suite.name, job.target.reference, job.model) for job in jobs]


def _refuse_same(jobs: Sequence[Job]) -> None:
    """Rows are identified by suite, target and model: two jobs with the same would hide each other."""
    seen: set[tuple[str, str, str]] = set()
    for job in jobs:
        key = (job.plan.suite.name.casefold(), job.target.reference, job.model)
        if key in seen:
            raise UsageError(f"{job.title}: duplicate suite, target and model", "name them once")
        seen.add(key)


def _count(plan: SuitePlan, options: RunOptions) -> int:
    """How many cases are selected; known without reading them when only the split selects."""
    if options.selection.narrows or options.shard is not None:
        return sum(1 for _ in _selected(plan, options))
    if not plan.suite.splits:
        return plan.facts.total
    return sum(plan.facts.splits.get(split, 0) for split in set(plan.suite.splits))


def _selected(plan: SuitePlan, options: RunOptions) -> Iterator[Case]:
    name, shard = plan.suite.name, options.shard
    chosen = select(name, plan.cases(), plan.suite.splits, options.selection)
    return chosen if shard is None else (case for case in chosen if shard.holds(name, case.id))
