"""What is wrong with the arguments of a `Prompt(...)`, before anything is made of them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from prompteval.core.errors import UsageError
from prompteval.core.ranges import shown
from prompteval.prompt.messages import History, Part

if TYPE_CHECKING:
    from prompteval.prompt.prompt import Prompt


def check_arguments(prompt: "Prompt") -> None:
    """Raise UsageError for an argument of another type than its own."""
    if not isinstance(prompt.params, Mapping) or not all(isinstance(name, str) for name in prompt.params):
        raise UsageError(f"params= must be a mapping of names to values, not {shown(prompt.params)}")
    if not isinstance(prompt.model, str | None) or prompt.model == "":
        raise UsageError(f'model= must be a model such as "openai/NAME", not {shown(prompt.model)}')
    if not isinstance(prompt.description, str):
        raise UsageError(f"description= must be a string, not {shown(prompt.description)}")
    if not _is_list(prompt.tools):
        raise UsageError(f"tools= must be a list of functions or models, not {shown(prompt.tools)}")
    _check_messages(prompt.messages)


def _check_messages(messages: object) -> None:
    if messages is not None and not _is_list(messages):
        found = "one message" if isinstance(messages, Part | History) else shown(messages)
        raise UsageError(f"messages= must be a list, not {found}", "write messages=[user(...)]")
    if not messages:
        raise UsageError("messages= is empty", "a prompt must have at least one user(...) message")
    for part in messages if isinstance(messages, Sequence) else ():
        if not isinstance(part, Part | History):
            raise UsageError(
                f"{shown(part)} is not a message", "use system(), user(), assistant() or history()"
            )


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
