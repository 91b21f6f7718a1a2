"""From a suite's target to what can be opened: prompts loaded, files read, functions imported."""

from collections.abc import Callable
from typing import Any

from prompteval.engine.problems import Problems
from prompteval.engine.prompts import split_reference
from prompteval.engine.targets.base import TargetPlan
from prompteval.engine.targets.endpoint import plan_endpoint
from prompteval.engine.targets.function import plan_function
from prompteval.engine.targets.outputs import plan_outputs
from prompteval.engine.targets.prompt import PromptPlan
from prompteval.prompt.loader import load_prompt
from prompteval.workspace.settings import Workspace
from prompteval.workspace.suite import Suite
from prompteval.workspace.tree import GitTree, Tree


def plan_targets(
    workspace: Workspace, tree: Tree, suite: Suite, prompts: tuple[str, ...], problems: Problems
) -> tuple[TargetPlan, ...]:
    """What a suite runs. Each thing that is wrong is noted at the suite's line that names it.

    `prompts` are references that replace the suite's own prompt; those of other prompts are not
    this suite's, so the result may be empty without a problem.
    """
    place = (suite.target.line, 1)
    if suite.rag is not None:
        problems.add(suite.path, place, "PE220", "rag: suites cannot be run yet")
        return ()
    if suite.target.kind == "prompt":
        return _prompts(workspace, tree, suite, prompts, problems)
    if prompts:
        return ()
    if suite.target.kind in ("callable", "endpoint") and isinstance(tree, GitTree):
        message = f"a {suite.target.kind} cannot be run at a commit"
        help = "run it there, and compare with that run's id or with its baseline"
        problems.add(suite.path, place, "PE220", message, help)
        return ()
    makers: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
        "outputs": (plan_outputs, (tree, suite.target.value)),
        "callable": (plan_function, (workspace.root, suite.target.value)),
        "endpoint": (plan_endpoint, (suite.target.options,)),
    }
    make, arguments = makers[suite.target.kind]
    target = problems.catch(suite.path, place, "PE220", make, *arguments)
    return () if target is None else (target,)


def _prompts(
    workspace: Workspace, tree: Tree, suite: Suite, references: tuple[str, ...], problems: Problems
) -> tuple[TargetPlan, ...]:
    place = (suite.target.line, 1)
    loaded: list[TargetPlan] = []
    own = split_reference(suite.target.value)[0]
    for reference in references or (suite.target.value,):
        name, version, ref = split_reference(reference)
        if name != own:
            continue
        source = tree if ref is None else GitTree(workspace.root, ref)
        prompt = problems.catch(suite.path, place, "PE222", load_prompt, source, name, version)
        if prompt is not None:
            target = PromptPlan(prompt)
            problems.found.extend(target.problems())
            loaded.append(target)
    return tuple(loaded)
