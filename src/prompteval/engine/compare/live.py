"""Sides that are run now: their suites planned, what is the same on both left out, the rest run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from prompteval.analysis.entries import usable_cases
from prompteval.core.errors import UsageError
from prompteval.core.stored import StoredEntry, SuiteFacts
from prompteval.engine.compare.sides import Side
from prompteval.plan.jobs import plan_jobs
from prompteval.plan.manifest import suite_facts
from prompteval.plan.prompt_references import parse_reference
from prompteval.plan.run_options import RunOptions
from prompteval.plan.suite_plan import SuitePlan, plan_suite, suite_at
from prompteval.workspace.discovery import find_suites, prompt_files
from prompteval.workspace.settings import Workspace
from prompteval.workspace.suite import load_suite
from prompteval.workspace.tree import GitTree, Tree, WorkingTree

# What must be equal for two sides to give equal numbers, beside target and model.


@dataclass(frozen=True, slots=True)
class LivePlans:
    """The suites of a live side, by name, and the names of those it has nothing to run in."""

    plans: Mapping[str, SuitePlan]
    absent: tuple[str, ...] = ()


def plan_side(
    workspace: Workspace, side: Side, other: Side, suites: tuple[str, ...], models: tuple[str, ...] = ()
) -> LivePlans:
    """What a live side would run in the suites with these names or paths, all when none is given.

    `models` replace the suites' own. A prompt on the other side narrows the working tree to the same
    prompt. Raises InvalidInput for what is wrong in a suite, UsageError for a ref, prompt or suite that
    is not there.
    """
    tree = WorkingTree(workspace.root)
    paths = find_suites(tree, suites)
    if side.kind == "git":
        return _plan_commit(workspace, GitTree(workspace.root, side.value), paths, models)
    wanted: tuple[str, ...] = ()
    if side.kind == "prompt":
        wanted = (side.value,)
    elif other.kind == "prompt":
        wanted = (parse_reference(other.value).name,)
    if wanted:
        paths = _that_run(tree, paths, parse_reference(wanted[0]).name)
    plans = (plan_suite(workspace, path, prompts=wanted, models=models) for path in paths)
    return LivePlans({plan.suite.name: _without_rivals(plan) for plan in plans})


def _that_run(tree: Tree, paths: Sequence[str], prompt: str) -> tuple[str, ...]:
    """The suites of a prompt. Raises UsageError where there is none."""
    found = []
    for path in paths:
        target = load_suite(tree, path).target
        if target.kind == "prompt" and parse_reference(target.value).name == prompt:
            found.append(path)
    if not found:
        raise UsageError(f"no suite runs the prompt {prompt!r}", "see `prompteval list`")
    return tuple(found)


def _plan_commit(
    workspace: Workspace, commit: GitTree, paths: Iterable[str], models: tuple[str, ...]
) -> LivePlans:
    """Today's suites with the targets of a commit; suites that only the commit has are not run."""
    tree = WorkingTree(workspace.root)
    plans: dict[str, SuitePlan] = {}
    absent = []
    known = prompt_files(commit)
    for path in paths:
        there = suite_at(commit, path) or load_suite(tree, path)
        if there.target.kind == "prompt" and parse_reference(there.target.value).name not in known:
            absent.append(there.name)
            continue
        plan = plan_suite(workspace, path, commit=commit, models=models)
        plans[plan.suite.name] = _without_rivals(plan)
    return LivePlans(plans, tuple(absent))


def _without_rivals(plan: SuitePlan) -> SuitePlan:
    """Without the targets that run only for a gate: a comparison decides by its own rule."""
    return replace(plan, targets=tuple(t for t in plan.targets if t.reference not in plan.rivals))


def leave_out_unchanged(a: LivePlans, b: LivePlans) -> tuple[LivePlans, LivePlans, tuple[str, ...]]:
    """Both sides without what is the same on both, and the suites of which nothing is left."""
    left: tuple[dict[str, SuitePlan], dict[str, SuitePlan]] = {}, {}
    unchanged = []
    for name in (*a.plans, *(name for name in b.plans if name not in a.plans)):
        ours, theirs = a.plans.get(name), b.plans.get(name)
        if ours is not None and theirs is not None:
            first, second = _marks(ours), _marks(theirs)
            same = {mark for mark in first & second if _may_be_known(ours)}
            ours, theirs = _without(ours, same), _without(theirs, same)
            if same and not ours.targets and not theirs.targets:
                unchanged.append(name)
        for plan, side in ((ours, left[0]), (theirs, left[1])):
            if plan is not None and plan.targets:
                side[name] = plan
    return LivePlans(left[0], a.absent), LivePlans(left[1], b.absent), tuple(unchanged)


def _marks(plan: SuitePlan) -> frozenset[tuple[str, str, tuple[str, ...]]]:
    return frozenset((target.name, target.fingerprint, plan.models) for target in plan.targets)


def _without(plan: SuitePlan, marks: set[tuple[str, str, tuple[str, ...]]]) -> SuitePlan:
    kept = tuple(t for t in plan.targets if (t.name, t.fingerprint, plan.models) not in marks)
    return replace(plan, targets=kept)


def _may_be_known(plan: SuitePlan) -> bool:
    """Whether equal fingerprints mean equal answers: code of the team's own may change unseen."""
    return plan.suite.target.kind not in ("callable", "endpoint")


def like_stored(plans: LivePlans, stored: Sequence[StoredEntry]) -> tuple[LivePlans, tuple[str, ...]]:
    """The plans of the suites that are stored on the other side, and those that would give the same.

    A single suite stays under any name, since one entry on each side forms a pair anyway.
    """
    kept: dict[str, SuitePlan] = {}
    unchanged: list[str] = []
    for name, plan in plans.plans.items():
        there = [entry for entry in stored if entry.suite == name]
        if there and _gives_the_same(plan, there):
            unchanged.append(name)
        elif there or len(plans.plans) == 1:
            kept[name] = plan
    return LivePlans(kept, plans.absent), tuple(unchanged)


def _gives_the_same(plan: SuitePlan, stored: Sequence[StoredEntry]) -> bool:
    """Whether stored entries are what this plan would give: targets, models, cases, scorers."""
    mine, theirs = suite_facts(plan), stored[0].facts
    own_code = any(kind == "python" for kind, _, _ in mine.scorers)
    if own_code or not _may_be_known(plan) or _scored_as(mine) != _scored_as(theirs):
        return False
    planned = {(target.reference, target.fingerprint, model) for target, model in plan.entries()}
    if planned != {(entry.target, entry.fingerprint, entry.model) for entry in stored}:
        return False
    selected = plan_jobs([plan], RunOptions())[0].selected
    return all(usable_cases(entry) == selected for entry in stored)


def _scored_as(facts: SuiteFacts) -> tuple[object, ...]:
    """What decides a score beside target and model."""
    return facts.cases, facts.scorers, facts.split, facts.on_error
