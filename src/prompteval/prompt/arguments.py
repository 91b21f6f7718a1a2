"""What is wrong with the arguments of a `Prompt(...)`, before anything is made of them."""

from collections.abc import Iterable, Iterator, Mapping, Sized
from typing import TYPE_CHECKING, TypeGuard

from prompteval.core.errors import UsageError
from prompteval.core.ranges import shown
from prompteval.prompt.messages import History, Part

if TYPE_CHECKING:
    from prompteval.prompt.prompt import Prompt


def check_arguments(prompt: "Prompt") -> None:
    """Raise UsageError for an argument of another type than its own.

    None as the description and "" as the model say that there is none. They stay as they were written, since
    the model is part of the prompt's fingerprint.
    """
    if not isinstance(prompt.params, Mapping) or not all(isinstance(name, str) for name in prompt.params):
        raise UsageError(f"params= must be a mapping of names to values, not {shown(prompt.params)}")
    if not isinstance(prompt.model, str | None):
        raise UsageError(f'model= must be a model such as "openai/NAME", not {shown(prompt.model)}')
    if not isinstance(prompt.description, str | None):
        raise UsageError(f"description= must be a string, not {shown(prompt.description)}")
    if not _is_list(prompt.tools):
        raise UsageError(f"tools= must be a list of functions or models, not {shown(prompt.tools)}")
    _check_messages(prompt.messages)


def _check_messages(messages: object) -> None:
    if messages is None or (_is_list(messages) and not messages):
        raise UsageError("messages= is empty", "a prompt must have at least one user(...) message")
    if not _is_list(messages) or not isinstance(messages, Sized):
        found = "one message" if isinstance(messages, Part | History) else shown(messages)
        raise UsageError(f"messages= must be a list, not {found}", "write messages=[user(...)]")
    for part in messages:
        if not isinstance(part, Part | History):
            raise UsageError(
                f"{shown(part)} is not a message", "use system(), user(), assistant() or history()"
            )


def _is_list(value: object) -> TypeGuard[Iterable[object]]:
    """Whether it has members, each time it is read: an iterator has none the second time.

    A text and a mapping are no lists unless they are empty.
    """
    if isinstance(value, Iterator) or not isinstance(value, Iterable):
        return False
    return not value or not isinstance(value, str | bytes | Mapping)
