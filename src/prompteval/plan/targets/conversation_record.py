"""The record of a conversation against the types of the prompts that play it."""

from collections.abc import Iterator
from dataclasses import dataclass

from prompteval.cases.problem import Pointer
from prompteval.plan.conversation.slots import Named, Slots
from prompteval.plan.conversation.user import SimulatedUser
from prompteval.prompt.prompt import Prompt

Error = tuple[Pointer, str, str]
# What a user may say, where no turn is scripted.
_SOMETHING = "Hello."


@dataclass(frozen=True, slots=True)
class ConversationRecord:
    """Checks a raw case turn by turn: its inputs, what the user says, and what is expected of each answer."""

    prompt: Prompt
    slots: Slots
    user: SimulatedUser | None

    def errors(self, raw: Named) -> list[Error]:
        """(place, message, help) of everything that is wrong."""
        given = raw["inputs"]
        filled = [name for name in self.slots.names if name in given]
        if filled:
            message = f"the conversation fills the input {filled[0]!r}"
            return [(("inputs", filled[0]), message, "remove it from the case")]
        found = [*self._of_inputs(given), *self._of_user(given), *self._of_turns(raw)]
        if raw.get("expected") is not None:
            found += self._of_expected(raw["expected"], ("expected",))
        return found

    def _of_inputs(self, given: Named) -> Iterator[Error]:
        own = system_inputs(self.prompt, self.user, given)
        for place, message, help in self.prompt.input_errors(self.slots.filled(own, (), _SOMETHING)):
            if place[:1] != (self.slots.text,):
                yield ("inputs", *place), message, help

    def _of_user(self, given: Named) -> Iterator[Error]:
        if self.user is None:
            return
        filled = self.user.slots.filled(self.user.inputs(given), (), None)
        for place, message, help in self.user.prompt.input_errors(filled):
            yield ("inputs", *place), f"{message} ({self.user.prompt.reference})", help

    def _of_turns(self, raw: Named) -> Iterator[Error]:
        own = system_inputs(self.prompt, self.user, raw["inputs"])
        for index, turn in enumerate(raw.get("turns", ())):
            errors = self.prompt.input_errors(self.slots.filled(own, (), turn["user"]))
            for place, message, help in errors:
                if self.slots.text is not None and place[:1] == (self.slots.text,):
                    yield ("turns", index, "user"), message, help
            if turn.get("expected") is not None:
                yield from self._of_expected(turn["expected"], ("turns", index, "expected"))

    def _of_expected(self, expected: object, at: Pointer) -> list[Error]:
        return [
            ((*at, *place), message, help) for place, message, help in self.prompt.expected_errors(expected)
        ]


def system_inputs(prompt: Prompt, user: SimulatedUser | None, inputs: Named) -> dict[str, object]:
    """What of a case's inputs the prompt gets: those of the simulated user alone are not its business."""
    withheld = frozenset() if user is None else user.own_inputs - prompt.inputs.model_fields.keys()
    return {name: value for name, value in inputs.items() if name not in withheld}


def typed_turn(turn: object, prompt: Prompt) -> object:
    """A raw turn with what it expects as the prompt's types read it."""
    if not isinstance(turn, dict) or turn.get("expected") is None:
        return turn
    return {**turn, "expected": prompt.case_expected(turn["expected"])}
