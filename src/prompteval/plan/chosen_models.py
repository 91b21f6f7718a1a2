"""Which models a suite runs with, each of them once."""

from collections.abc import Sequence

from prompteval.core.errors import UsageError
from prompteval.plan.case_scan import prompt_of
from prompteval.plan.problems import Problems
from prompteval.plan.targets.base import TargetPlan
from prompteval.prompt.prompt import Prompt
from prompteval.providers.open import check_model, same_model
from prompteval.workspace.settings import Workspace
from prompteval.workspace.suite import Suite


def chosen_models(
    workspace: Workspace,
    suite: Suite,
    targets: Sequence[TargetPlan],
    asked: tuple[str, ...],
    problems: Problems,
) -> tuple[str, ...]:
    """The models to run: those asked for, the suite's, the one the prompt pins, the default."""
    prompt = prompt_of(targets[0]) if targets else None
    pinned = prompt.model if prompt is not None else None
    own = tuple(named.text for named in suite.models)
    chosen = asked or own or ((pinned,) if pinned else (workspace.settings.default_model,))
    if not (asked or own or workspace.imports):  # the prompt, which is not imported, may pin another
        return chosen
    for position, model in enumerate(chosen):
        path, place = _model_place(
            workspace, suite, position, asked=bool(asked), pinned=pinned, prompt=prompt
        )
        problems.catch(path, place, "PE221", check_model, model, workspace)
        problems.catch(path, place, "PE229", _refuse_double, model, chosen[:position], workspace)
    return chosen


def _refuse_double(model: str, before: Sequence[str], workspace: Workspace) -> None:
    """Raise UsageError for a model that was named already, be it as a profile: it would be paid for twice."""
    for other in before:
        try:
            same = same_model(model, workspace) == same_model(other, workspace)
        except UsageError:  # what is wrong with a reference is noted as such
            continue
        if same:
            alike = "" if model == other else f": it is the same as {other!r}"
            raise UsageError(f"duplicate model {model!r}{alike}", "name it once")


def _model_place(
    workspace: Workspace,
    suite: Suite,
    position: int,
    *,
    asked: bool,
    pinned: str | None,
    prompt: Prompt | None,
) -> tuple[str, tuple[int, int]]:
    """Where a model was named: the command line, the suite, the prompt that pins it, the settings."""
    if asked:
        return "--model", (0, 0)
    if suite.models:
        return suite.path, (suite.models[position].line, suite.models[position].col)
    if pinned and prompt is not None:
        return prompt.path, (0, 0)
    return workspace.config_path.name, (0, 0)
