"""Metrics of the first token where no reply is streamed, so that they can have no value."""

from collections.abc import Iterable, Iterator, Sequence

from prompteval.core.errors import UsageError
from prompteval.core.problem import Problem
from prompteval.metrics.spent import STREAMED
from prompteval.plan.gates import PlannedRule
from prompteval.plan.measures import Measure
from prompteval.plan.targets.base import TargetPlan
from prompteval.plan.targets.prompt import PromptPlan
from prompteval.providers.open import check_reference
from prompteval.workspace.settings import Workspace
from prompteval.workspace.suite import Suite

HELP = "set `stream = true` in a profile of its model"


def stream_problems(
    workspace: Workspace,
    suite: Suite,
    targets: Iterable[TargetPlan],
    models: Sequence[str],
    measures: Iterable[Measure],
    gates: Iterable[PlannedRule],
) -> Iterator[Problem]:
    """One for each metric and rule, where the suite runs prompts and none of its models streams.

    Systems of a team's own and recordings may bring the times themselves.
    """
    prompts = [isinstance(target, PromptPlan) for target in targets]
    if not prompts or not all(prompts) or any(_may_stream(model, workspace) for model in models):
        return
    wanted = {measure.text for measure in measures if measure.spec.source.key in STREAMED}
    for named in suite.metrics:
        if named.text in wanted:
            message = f"{named.text}: no model of the suite streams its replies"
            yield Problem(suite.path, named.line, named.col, "PE226", message, HELP)
    for gate in gates:
        if gate.measure is not None and gate.measure.spec.source.key in STREAMED:
            message = f"{gate.rule}: no model of the suite streams its replies"
            yield Problem(suite.path, *gate.place, "PE227", message, HELP)


def _may_stream(model: str, workspace: Workspace) -> bool:
    try:
        kind, _, profile = check_reference(model, workspace)
    except UsageError:  # reported where the model is named
        return True
    return kind == "replay" or (profile is not None and profile.stream)
