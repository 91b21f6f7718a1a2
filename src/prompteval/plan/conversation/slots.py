"""Which inputs of a prompt a conversation fills: what was said so far, and what the user says now."""

import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prompteval.core.errors import UsageError
from prompteval.core.problem import did_you_mean
from prompteval.prompt.messages import History
from prompteval.prompt.prompt import Prompt

# `{"role": ..., "content": ...}`; calls of tools and their results in the form of the chat API.
ChatMessage = Mapping[str, object]
# Values of any JSON type by name: the inputs of a case, or its record.
Named = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Slots:
    """The input that `history` reads, and the one of the user's text.

    `text` is None where the prompt ends with its history: what the user says is then the last message of it.
    """

    history: str
    text: str | None

    def filled(
        self, inputs: Mapping[str, object], said: Sequence[ChatMessage], text: str | None
    ) -> dict[str, object]:
        """The inputs of one turn; without a text those of a prompt that speaks next itself."""
        if text is None:
            return {**inputs, self.history: [*said]}
        if self.text is None:
            return {**inputs, self.history: [*said, {"role": "user", "content": text}]}
        return {**inputs, self.history: [*said], self.text: text}

    @property
    def names(self) -> tuple[str, ...]:
        """The inputs that a case does not give."""
        return (self.history,) if self.text is None else (self.history, self.text)


def history_of(prompt: Prompt) -> str:
    """The input that the one `history(...)` of a prompt reads. Raises UsageError for none and for several."""
    names = [part.name for part in prompt.messages if isinstance(part, History)]
    if not names:
        message = f"{prompt.reference} has no history(...), which a conversation fills with what was said"
        raise UsageError(message, 'add history("turns") before the last user(...)')
    if len(names) > 1:
        raise UsageError(f"{prompt.reference} has {len(names)} history(...) slots", "keep one")
    return names[0]


def slots_of(prompt: Prompt, user_input: str = "") -> Slots:
    """The slots of a prompt that answers a user.

    The user's text goes into the one text input of the user messages that follow the history, unless
    `user_input` names another. Raises UsageError where there is none, or a choice.
    """
    name = history_of(prompt)
    if user_input:
        known = [field for field in prompt.inputs.model_fields if field != name]
        if user_input not in known:
            message = f"user_input: {prompt.reference} has no input {user_input!r} beside its history"
            raise UsageError(message, did_you_mean(user_input, known))
        return Slots(name, user_input)
    place = next(i for i, part in enumerate(prompt.messages) if isinstance(part, History))
    after = range(place + 1, len(prompt.messages))
    if not after:
        return Slots(name, None)
    found = sorted(
        {
            variable
            for index in after
            if getattr(prompt.messages[index], "role", "") == "user"
            for variable in prompt.variables(index)
            if variable != name and _takes_text(prompt, variable)
        }
    )
    if len(found) == 1:
        return Slots(name, found[0])
    if not found:
        message = f"{prompt.reference} has no text input after its history for what the user says"
        raise UsageError(message, "add user(...) with one, or end the messages with history(...)")
    inputs = " or ".join(repr(one) for one in found)
    message = f"what the user says could go into {inputs} of {prompt.reference}"
    raise UsageError(message, f"write `user_input: {found[0]}` in the suite")


def _takes_text(prompt: Prompt, name: str) -> bool:
    field = prompt.inputs.model_fields.get(name)
    return field is not None and (field.annotation is str or str in typing.get_args(field.annotation))
