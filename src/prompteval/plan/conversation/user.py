"""`user:` of a suite: a prompt of its own that plays the user of a conversation."""

from collections.abc import Mapping
from dataclasses import dataclass

from prompteval.core.errors import UsageError
from prompteval.core.fingerprint import fingerprint
from prompteval.isolate.pattern_search import compiled
from prompteval.plan.conversation.slots import Slots, history_of
from prompteval.plan.prompt_references import load_reference, parse_reference
from prompteval.prompt.prompt import Prompt
from prompteval.providers.open import check_model
from prompteval.workspace.settings import Workspace
from prompteval.workspace.tree import Tree
from prompteval.workspace.user_section import UserSection


@dataclass(frozen=True, slots=True)
class SimulatedUser:
    """The prompt that plays the user, the model it asks, and when it has said enough.

    The conversation ends after `max_turns` turns of the user, and before one in which `stop` is found.
    """

    prompt: Prompt
    model: str
    max_turns: int
    stop: str
    slots: Slots

    @property
    def fingerprint(self) -> str:
        """Over everything that can change what the user says."""
        return fingerprint([self.prompt.fingerprint, self.model, self.max_turns, self.stop])

    @property
    def own_inputs(self) -> frozenset[str]:
        """The inputs of a case that the user's prompt takes."""
        return frozenset(self.prompt.inputs.model_fields) - {self.slots.history}

    def inputs(self, given: Mapping[str, object]) -> dict[str, object]:
        """What of a case's inputs the user's prompt takes."""
        return {name: value for name, value in given.items() if name in self.own_inputs}


def with_user(own: str, user: SimulatedUser | None) -> str:
    """The fingerprint of a target, with that of who plays its user."""
    return own if user is None else fingerprint([own, {"user": user.fingerprint}])


def plan_user(workspace: Workspace, tree: Tree, section: UserSection) -> SimulatedUser:
    """The simulated user of a suite.

    Raises UsageError for a prompt that cannot play it, InvalidInput for one that cannot be loaded, and
    ValueError for a pattern that is none.
    """
    reference = parse_reference(section.prompt)
    if reference.commit:
        raise UsageError("user: prompt is read from the working tree", f"write `prompt: {reference.name}`")
    prompt = load_reference(tree, reference)
    wrong = prompt.check()
    if wrong:
        raise UsageError(f"user: {prompt.reference}: {wrong[0].message}", "fix the prompt")
    if prompt.output is not str:
        raise UsageError(f"user: {prompt.reference} must have output=str: what the user says is a text")
    if prompt.tools:
        raise UsageError(
            f"user: {prompt.reference} has tools, and nothing calls those of a user", "remove them"
        )
    model = section.model or prompt.model or workspace.settings.default_model
    check_model(model, workspace)
    if section.stop:
        compiled(section.stop, "stop")
    return SimulatedUser(prompt, model, section.max_turns, section.stop, Slots(history_of(prompt), None))
