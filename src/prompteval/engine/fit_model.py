"""Whether a model can take what a prompt sends it, before the first call."""

from prompteval.core.errors import InvalidInput
from prompteval.plan.server_problems import server_problems
from prompteval.prompt.prompt import Prompt
from prompteval.workspace.settings import Workspace


def refuse_unfit(prompt: Prompt, model: str, workspace: Workspace) -> None:
    """Raise InvalidInput for parameters, tools or an output that every call would fail for."""
    wrong = [problem for problem in prompt.check() if problem.code == "PE334"]
    wrong += server_problems([prompt], [model], workspace)
    if wrong:
        raise InvalidInput(wrong)
