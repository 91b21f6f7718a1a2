"""The simulated user of a conversation: a prompt and a model of its own that say what the user says next."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from prompteval.core.case import Case
from prompteval.core.errors import PromptevalError
from prompteval.core.observation import Call, Failure
from prompteval.core.protocols import Provider
from prompteval.engine.targets.prompt import PromptTarget
from prompteval.isolate.pattern_search import search
from prompteval.plan.conversation.slots import ChatMessage
from prompteval.plan.conversation.user import SimulatedUser
from prompteval.providers.layers import CLOCK, CaseClock


@dataclass(frozen=True, slots=True)
class Says:
    """What the user says next: None where it has said enough. `calls` are those of its model."""

    text: str | None
    calls: tuple[Call, ...] = ()
    failure: Failure | None = None


class UserPlayer:
    """Asks the user's model what the user says next; the user's own words are the assistant's to it."""

    def __init__(self, user: SimulatedUser, provider: Provider) -> None:
        self._user = user
        self._target = PromptTarget(user.prompt, provider, user.model)

    @property
    def max_turns(self) -> int:
        """How often the user speaks at most, scripted turns included."""
        return self._user.max_turns

    async def says(self, case: Case, said: Sequence[ChatMessage], replicate: int) -> Says:
        """The next words of the user after what was said."""
        given = case.inputs if isinstance(case.inputs, dict) else {}
        inputs = self._user.slots.filled(self._user.inputs(given), seen_by_user(said), None)
        clock = CLOCK.get()
        CLOCK.set(CaseClock())  # the deadline of the case is the system's
        try:
            seen = await self._target(replace(case, inputs=inputs, turns=()), replicate)
        finally:
            CLOCK.set(clock)
        if seen.failure is not None:
            failure = replace(seen.failure, message=f"the simulated user: {seen.failure.message}")
            return Says(None, seen.calls, failure)
        text = str(seen.output).strip()
        try:
            ended = bool(self._user.stop) and search(self._user.stop, text) is not None
        except PromptevalError as error:
            return Says(None, seen.calls, Failure("call", "stop", f"user: stop: {error}"))
        if not text and not ended:
            return Says(None, seen.calls, Failure("call", "empty", "the simulated user said nothing"))
        return Says(None if ended else text, seen.calls)

    async def aclose(self) -> None:
        """Close the provider."""
        await self._target.aclose()


def seen_by_user(said: Sequence[ChatMessage]) -> list[ChatMessage]:
    """The conversation as the other side has it: roles exchanged, calls of tools left out."""
    other = {"user": "assistant", "assistant": "user"}
    return [
        {"role": other[str(message["role"])], "content": message["content"]}
        for message in said
        if str(message.get("role")) in other and message.get("content")
    ]
