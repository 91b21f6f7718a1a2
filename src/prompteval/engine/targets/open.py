"""From a target that is resolved to one that can be called: one function, dispatched on the kind."""

from typing import Protocol

from prompteval.core.case import Case
from prompteval.core.observation import Observation
from prompteval.core.protocols import Provider
from prompteval.engine.targets.conversation import ApplicationSpeech, ConversationTarget, PromptSpeech
from prompteval.engine.targets.endpoint import EndpointTarget
from prompteval.engine.targets.function import FunctionTarget
from prompteval.engine.targets.outputs import OutputsTarget
from prompteval.engine.targets.prompt import PromptTarget
from prompteval.engine.targets.simulated_user import UserPlayer
from prompteval.engine.targets.tools import ToolTarget
from prompteval.plan.conversation.user import SimulatedUser
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
    target: TargetPlan,
    model: str,
    provider: Provider | None,
    deadline_s: float = CASE_DEADLINE_SECONDS,
    user_provider: Provider | None = None,
) -> OpenTarget:
    """The callable target. `provider` is given where `own_model` is None, and closed with the target.

    `deadline_s` is for a case that makes several calls of it. `user_provider` is that of the simulated user,
    where the target has one.
    """
    match target:
        case PromptPlan():
            if provider is None:
                raise TypeError("a prompt needs a provider")
            system = _prompt_target(target, model, provider, deadline_s)
            return ConversationTarget(
                system, PromptSpeech(target), _player(target.user, user_provider), deadline_s
            )
        case RagPlan():
            from prompteval.engine.targets.rag import RagTarget

            return RagTarget(target.setup, target.prompt, model, provider)
        case EndpointPlan() | FunctionPlan():
            application = (
                EndpointTarget(target) if isinstance(target, EndpointPlan) else FunctionTarget(target)
            )
            withheld = frozenset() if target.user is None else target.user.own_inputs
            return ConversationTarget(
                application, ApplicationSpeech(withheld), _player(target.user, user_provider), deadline_s
            )
        case OutputsPlan():
            return OutputsTarget(target, model)
    raise TypeError(f"not a known kind of target: {type(target).__name__}")


def _prompt_target(
    target: PromptPlan, model: str, provider: Provider, deadline_s: float
) -> PromptTarget | ToolTarget:
    if target.fakes is not None:
        return ToolTarget(target.prompt, target.fakes, provider, model, deadline_s)
    return PromptTarget(target.prompt, provider, model)


def _player(user: SimulatedUser | None, provider: Provider | None) -> UserPlayer | None:
    if user is None:
        return None
    if provider is None:
        raise TypeError("a simulated user needs a provider")
    return UserPlayer(user, provider)
