"""From a target that is resolved to one that can be called: one function, dispatched on the kind."""

from typing import Protocol

from prompteval.core.case import Case
from prompteval.core.observation import Observation
from prompteval.core.protocols import Provider
from prompteval.engine.targets.endpoint import EndpointTarget
from prompteval.engine.targets.function import FunctionTarget
from prompteval.engine.targets.outputs import OutputsTarget
from prompteval.engine.targets.prompt import PromptTarget
from prompteval.engine.targets.tools import ToolTarget
from prompteval.plan.function import FunctionPlan
from prompteval.plan.targets.base import TargetPlan
from prompteval.plan.targets.endpoint import EndpointPlan
from prompteval.plan.targets.outputs import OutputsPlan
from prompteval.plan.targets.prompt import PromptPlan
from prompteval.plan.targets.rag import RagPlan
from prompteval.workspace.settings import CASE_DEADLINE_SECONDS


class OpenTarget(Protocol):
    """A target that can be called, and closed when the work is done."""

    async def __call__(self, case: Case, replicate: int) -> Observation: ...

    async def aclose(self) -> None: ...


def open_target(
    target: TargetPlan, model: str, provider: Provider | None, deadline_s: float = CASE_DEADLINE_SECONDS
) -> OpenTarget:
    """The callable target. `provider` is given where `own_model` is None, and closed with the target.

    `deadline_s` is for a case that makes several calls of it.
    """
    match target:
        case PromptPlan():
            if provider is None:
                raise TypeError("a prompt needs a provider")
            if target.fakes is not None:
                return ToolTarget(target.prompt, target.fakes, provider, model, deadline_s)
            return PromptTarget(target.prompt, provider, model)
        case RagPlan():
            from prompteval.engine.targets.rag import RagTarget

            return RagTarget(target.setup, target.prompt, model, provider)
        case EndpointPlan():
            return EndpointTarget(target)
        case FunctionPlan():
            return FunctionTarget(target)
        case OutputsPlan():
            return OutputsTarget(target, model)
    raise TypeError(f"not a known kind of target: {type(target).__name__}")
