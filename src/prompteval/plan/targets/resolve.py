"""From a suite's target to what can be opened: prompts loaded, files read, functions imported."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from prompteval.plan.conversation.user import SimulatedUser, plan_user, with_user
from prompteval.plan.fakes import plan_fakes
from prompteval.plan.function import FunctionPlan, plan_function
from prompteval.plan.problems import Problems, placed, placing
from prompteval.plan.prompt_references import PromptReference, load_reference, parse_reference
from prompteval.plan.results.mapping import compile_map
from prompteval.plan.targets.base import TargetPlan
from prompteval.plan.targets.endpoint import EndpointPlan, plan_endpoint
from prompteval.plan.targets.outputs import ROW_KEYS, plan_outputs
from prompteval.plan.targets.prompt import PromptPlan
from prompteval.plan.targets.unimported import UnimportedPrompt, find_unimported
from prompteval.prompt.prompt import Prompt
from prompteval.workspace.code import check_module
from prompteval.workspace.settings import Workspace
from prompteval.workspace.suite import Suite
from prompteval.workspace.tree import GitTree, Tree

if TYPE_CHECKING:
    from prompteval.plan.rag.setup import RagSetup


def plan_targets(
    workspace: Workspace, tree: Tree, suite: Suite, prompts: tuple[str, ...], problems: Problems
) -> tuple[TargetPlan, ...]:
    """What a suite runs. Each thing that is wrong is noted at the suite's line that names it.

    `prompts` are references that replace the suite's own prompt; those of other prompts are not
    this suite's, so the result may be empty without a problem.
    """
    place = (suite.target.line, 1)
    if suite.target.kind == "prompt":
        found = _prompts(workspace, tree, suite, prompts, problems)
        return tuple(PromptPlan(prompt) if isinstance(prompt, Prompt) else prompt for prompt in found)
    if prompts:
        return ()
    if suite.target.kind in ("callable", "endpoint") and isinstance(tree, GitTree):
        message = f"a {suite.target.kind} cannot be run at a commit"
        help = "run it there, and compare with that run's id or with its baseline"
        problems.add(suite.path, place, "PE220", message, help)
        return ()
    if suite.target.kind == "none":
        help = "write what it should hold, or name a prompt"
        problems.add(suite.path, place, "PE220", "the suite runs nothing: `rag:` is empty", help)
        return ()
    mapping = None
    if suite.map:
        more = ROW_KEYS if suite.target.kind == "outputs" else ()
        mapping = problems.catch(suite.path, suite.map_place, "PE215", compile_map, suite.map, more)
        place = suite.map_place
        if mapping is None:
            return ()
    makers: dict[str, tuple[Callable[..., Any], tuple[object, ...]]] = {
        "outputs": (plan_outputs, (tree, suite.target.value, mapping)),
        "callable": (plan_function, (workspace, suite.target.value, suite.result, mapping, suite.timeout_s)),
        "endpoint": (plan_endpoint, (suite.target.endpoint, workspace, suite.result, mapping)),
    }
    make, arguments = makers[suite.target.kind]
    code = "PE220" if mapping is None else "PE215"
    target = problems.catch(suite.path, place, code, make, *arguments)
    return () if target is None else (target,)


def plan_rag_targets(
    workspace: Workspace,
    tree: Tree,
    suite: Suite,
    setup: "RagSetup",
    prompts: tuple[str, ...],
    problems: Problems,
) -> tuple[TargetPlan, ...]:
    """A pipeline with each version of its answer prompt, or alone where no mode asks a model."""
    from prompteval.plan.targets.rag import RagPlan

    if suite.target.kind == "none":
        return () if prompts else (RagPlan(setup),)
    if suite.target.kind != "prompt":
        message = f"rag needs a prompt, not a {suite.target.kind}"
        problems.add(suite.path, (suite.target.line, 1), "PE220", message, "write `prompt: <name>`")
        return ()
    found = _prompts(workspace, tree, suite, prompts, problems)
    for prompt in found:
        if isinstance(prompt, Prompt) and prompt.tools:
            message = f"{prompt.reference} has tools, and a rag suite reads the answer of its first reply"
            help = "remove the tools, or test the prompt in a suite without rag"
            problems.add(suite.path, (suite.target.line, 1), "PE220", message, help)
    targets = [RagPlan(setup, prompt) if isinstance(prompt, Prompt) else prompt for prompt in found]
    for target in targets:
        problems.found.extend(problem for problem in target.problems() if problem not in problems.found)
    return tuple(targets)


def with_fakes(
    workspace: Workspace, suite: Suite, targets: Sequence[TargetPlan], problems: Problems
) -> tuple[TargetPlan, ...]:
    """The targets with what the suite says stands for their tools; what is wrong is noted at its `tools:`."""
    section, place = suite.tools, suite.tools_place
    if section is None:
        return tuple(targets)
    if not workspace.imports:
        problems.catch(suite.path, place, "PE278", check_module, workspace, section.module)
        return tuple(targets)
    found: list[TargetPlan] = []
    for target in targets:
        if isinstance(target, PromptPlan):
            arguments = (workspace, section, target.prompt)
            fakes = problems.catch(suite.path, place, "PE278", plan_fakes, *arguments)
            target = replace(target, fakes=fakes)
        found.append(target)
    return tuple(found)


def with_conversation(
    workspace: Workspace, tree: Tree, suite: Suite, targets: Sequence[TargetPlan], problems: Problems
) -> tuple[TargetPlan, ...]:
    """The targets with who plays their user, and with the input that takes what a user says."""
    user = None
    if suite.user is not None and workspace.imports:
        place = suite.user_place
        user = problems.catch(suite.path, place, "PE280", plan_user, workspace, tree, suite.user)
    found: list[TargetPlan] = []
    for target in targets:
        if isinstance(target, PromptPlan):
            target = replace(target, user=user, user_input=suite.user_input)
        elif isinstance(target, EndpointPlan):
            target = replace(target, user=user)
        elif isinstance(target, FunctionPlan) and user is not None:
            target = replace(target, user=user, fingerprint=with_user(target.fingerprint, user))
        found.append(target)
    return tuple(found)


def user_of(target: TargetPlan) -> SimulatedUser | None:
    """Who plays the user of a target's conversations; None where nobody does."""
    return target.user if isinstance(target, PromptPlan | EndpointPlan | FunctionPlan) else None


def _prompts(
    workspace: Workspace, tree: Tree, suite: Suite, references: tuple[str, ...], problems: Problems
) -> list[Prompt | UnimportedPrompt]:
    """The versions that are asked for, loaded and checked; only found where nothing may be imported."""
    place = (suite.target.line, 1)
    loaded: list[Prompt | UnimportedPrompt] = []
    own = problems.catch(suite.path, place, "PE222", parse_reference, suite.target.value)
    if own is None:
        return loaded
    for text in references or (suite.target.value,):
        reference = parse_reference(text)
        if reference.name != own.name:
            continue

        def load(reference: PromptReference = reference) -> Prompt | UnimportedPrompt:
            where = GitTree(workspace.root, reference.commit) if reference.commit else tree
            with placing(where):
                if not workspace.imports:
                    return find_unimported(where, reference)
                prompt = load_reference(where, reference)
            problems.found.extend(placed(where, prompt.check()))
            return prompt

        named_at = ("--prompt", (0, 0)) if references else (suite.path, place)
        prompt = problems.catch(*named_at, "PE222", load)
        if prompt is None:
            continue
        if any(other.reference == prompt.reference for other in loaded):
            message = f"duplicate prompt: {reference} is {prompt.reference}, which is named already"
            problems.add(*named_at, "PE229", message, "name it once, or run the two apart and compare")
        loaded.append(prompt)
    return loaded
