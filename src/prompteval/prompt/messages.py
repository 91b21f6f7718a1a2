"""What a prompt module writes: messages, a slot for earlier turns, and labels with descriptions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prompteval.core.errors import UsageError
from prompteval.core.request import Message, Role
from prompteval.core.tools import RequestedCall


@dataclass(frozen=True, slots=True)
class Part:
    """One message template. `file` names a template beside the module until it is loaded.

    `path`, `line` and `column` say where the text stands, for error messages.
    """

    role: Role
    text: str = ""
    file: str = ""
    path: str = ""
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """A slot for earlier messages in the input called `name`: a list of chat messages.

    Each has a role and a content; an assistant's may have `tool_calls`, and one of role `tool` the
    `tool_call_id` that it answers, in the form of chat completions.
    """

    name: str


def system(text: str = "", *, file: str = "") -> Part:
    """A system message: jinja2 text, or the name of a template file beside the module."""
    return _part("system", text, file)


def user(text: str = "", *, file: str = "") -> Part:
    """A user message; also the question of a few-shot pair."""
    return _part("user", text, file)


def assistant(text: str = "", *, file: str = "") -> Part:
    """An assistant message: the answer of a few-shot pair."""
    return _part("assistant", text, file)


def history(name: str) -> History:
    """Earlier turns, taken from the input `name`: a list of {role: user|assistant, content}.

    Calls of tools and their results may be among them, in the form of chat completions.
    """
    return History(name)


def spoken(turn: Mapping[str, Any]) -> Message:
    """One turn of a history as a message."""
    calls = tuple(
        RequestedCall(str(call["id"]), str(call["function"]["name"]), str(call["function"]["arguments"]))
        for call in turn.get("tool_calls") or ()
    )
    return Message(turn["role"], turn["content"] or "", calls, turn.get("tool_call_id") or "")


def labels(**descriptions: str) -> Any:
    """A field whose labels carry descriptions: `intent: Literal["a", "b"] = labels(a="...", b="...")`.

    The descriptions travel in the field's description, one line a label, so every model sees them.
    """
    from pydantic import Field

    if not descriptions:
        raise UsageError("labels() without a label", 'write labels(billing="Invoices and refunds.", ...)')
    return Field(description="\n".join(f"{label}: {text}" for label, text in descriptions.items()))


def _part(role: Role, text: str, file: str) -> Part:
    if bool(text) == bool(file):
        raise UsageError(f"{role}() takes either a string or file=")
    return Part(role, text, file)
