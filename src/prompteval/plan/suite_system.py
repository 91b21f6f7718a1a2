"""What a suite runs: its retrieval pipeline, its targets and their models."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prompteval.plan.case_scan import prompt_of
from prompteval.plan.chosen_models import chosen_models
from prompteval.plan.gates import Beats, PlannedRule
from prompteval.plan.problems import Problems
from prompteval.plan.server_problems import server_problems
from prompteval.plan.targets.base import TargetPlan
from prompteval.plan.targets.resolve import plan_rag_targets, plan_targets, with_conversation, with_fakes
from prompteval.prompt.prompt import Prompt
from prompteval.workspace.settings import Workspace
from prompteval.workspace.suite import Suite
from prompteval.workspace.tree import Tree, WorkingTree

if TYPE_CHECKING:
    from prompteval.plan.rag.setup import RagSetup


@dataclass(frozen=True, slots=True)
class System:
    """What a suite runs: its retrieval pipeline, its targets, and the models that they are run on."""

    setup: "RagSetup | None"
    targets: tuple[TargetPlan, ...]
    models: tuple[str, ...]


def plan_system(
    workspace: Workspace,
    tree: Tree,
    suite: Suite,
    there: Suite,
    prompts: tuple[str, ...],
    models: tuple[str, ...],
    problems: Problems,
) -> System:
    """The system as `there` in `tree` has it.

    Fakes and conversations are those of `suite`, which is in the working tree.
    """
    setup, targets = _targets(workspace, tree, there, prompts, problems)
    targets = with_fakes(workspace, suite, targets, problems)
    targets = with_conversation(workspace, WorkingTree(workspace.root), suite, targets, problems)
    chosen = chosen_models(workspace, there, targets, models, problems)
    problems.found.extend(server_problems(prompts_of(targets), chosen, workspace))
    return System(setup, targets, chosen)


def prompts_of(targets: Sequence[TargetPlan]) -> list[Prompt]:
    """The prompts among some targets."""
    return [prompt for target in targets if (prompt := prompt_of(target)) is not None]


def plan_rivals(
    workspace: Workspace,
    tree: Tree,
    suite: Suite,
    gates: Sequence[PlannedRule],
    targets: Sequence[TargetPlan],
    problems: Problems,
    setup: "RagSetup | None" = None,
) -> tuple[TargetPlan, ...]:
    """The versions that a gate names to be beaten, unless they run anyway or nothing does."""
    named = [gate.rule.version for gate in gates if isinstance(gate.rule, Beats)]
    wanted = tuple(dict.fromkeys(version for version in named if version))
    if not targets or not wanted:
        return ()
    running = {target.reference for target in targets}
    found = _with_pipeline(workspace, tree, suite, setup, wanted, problems)
    found = with_fakes(workspace, suite, found, problems)
    found = with_conversation(workspace, tree, suite, found, problems)
    return tuple(target for target in found if target.reference not in running)


def _targets(
    workspace: Workspace, tree: Tree, suite: Suite, prompts: tuple[str, ...], problems: Problems
) -> tuple["RagSetup | None", tuple[TargetPlan, ...]]:
    """(the retrieval pipeline where the suite has one, what the suite runs)."""
    setup = None
    if suite.rag is not None:
        from prompteval.plan.rag.setup import plan_setup

        setup = plan_setup(workspace, tree, suite, suite.rag, problems)
        if setup is None:
            return None, ()
    return setup, _with_pipeline(workspace, tree, suite, setup, prompts, problems)


def _with_pipeline(
    workspace: Workspace,
    tree: Tree,
    suite: Suite,
    setup: "RagSetup | None",
    prompts: tuple[str, ...],
    problems: Problems,
) -> tuple[TargetPlan, ...]:
    if setup is None:
        return plan_targets(workspace, tree, suite, prompts, problems)
    return plan_rag_targets(workspace, tree, suite, setup, prompts, problems)
