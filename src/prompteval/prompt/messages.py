"""What a prompt module writes: messages, a slot for earlier turns, and labels with descriptions."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prompteval.core.errors import UsageError
from prompteval.core.media import File
from prompteval.core.request import Message, Role
from prompteval.core.tools import RequestedCall

_INPUT = re.compile(r"\{\{-?\s*([A-Za-z_]\w*)\s*-?\}\}")


@dataclass(frozen=True, slots=True)
class FileSlot:
    """The place of files in a message: those of the input `name`, or the one of the path `beside` the module.

    `found` is the file beside the module, once it is loaded.
    """

    name: str = ""
    beside: str = ""
    found: File | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One message template. `file` names a template beside the module until it is loaded.

    `pieces` are texts and files in order where there are files, and `text` then all of the texts; a template
    file is an empty piece until it is loaded. `path`, `line` and `column` say where its text stands, for
    messages, and `written` the line and column of the message in the module.
    """

    role: Role
    text: str = ""
    file: str = ""
    path: str = ""
    line: int = 0
    column: int = 0
    written: tuple[int, int] = (0, 0)
    pieces: tuple[str | FileSlot, ...] = ()

    @property
    def slots(self) -> tuple[FileSlot, ...]:
        """The files of the message."""
        return tuple(piece for piece in self.pieces if isinstance(piece, FileSlot))

    @property
    def content(self) -> list[object]:
        """What of it is in the fingerprint of its prompt: role and text, or texts and files in order."""
        return [self.role, [_content(piece) for piece in self.pieces] if self.pieces else self.text]

    @property
    def texts(self) -> tuple[str, ...]:
        """The templates of the message, in order."""
        if not self.pieces:
            return (self.text,)
        return tuple(piece for piece in self.pieces if isinstance(piece, str))


@dataclass(frozen=True, slots=True)
class History:
    """A slot for earlier messages in the input called `name`: a list of chat messages.

    Each has a role and a content; an assistant's may have `tool_calls`, and one of role `tool` the
    `tool_call_id` that it answers, in the form of chat completions.
    """

    name: str

    @property
    def content(self) -> list[object]:
        """What of it is in the fingerprint of its prompt."""
        return ["history", self.name]


def system(text: str = "", *more: object, file: str = "") -> Part:
    """A system message: jinja2 text, or the name of a template file beside the module."""
    return _part("system", text, file, more)


def user(text: str | FileSlot = "", *more: str | FileSlot, file: str = "") -> Part:
    """A user message; also the question of a few-shot pair.

    Texts and files keep the order given: `user("What is on it?", file("{{ photo }}"))`. The template of
    `file=` comes behind them.
    """
    pieces = tuple(piece for piece in (text, *more) if piece != "")
    for piece in pieces:
        if not isinstance(piece, str | FileSlot):
            raise UsageError(f"user() takes texts and files, not {piece!r}", 'write file("{{ photo }}")')
    if all(isinstance(piece, str) for piece in pieces):
        if len(pieces) > 1:
            raise UsageError("user() takes one text, or texts with files between them")
        return _part("user", "".join(_texts(pieces)), file)
    if file and _texts(pieces):
        raise UsageError("user() takes either a string or file=")
    return Part("user", "".join(_texts(pieces)), file, pieces=(*pieces, "") if file else pieces)


def file(place: str) -> FileSlot:
    """A file in a user message: `file("{{ photo }}")` of an input, `file("a.png")` beside the module.

    The input is a `File`, a list of them, or one or none.
    """
    if not isinstance(place, str) or not place.strip():
        raise UsageError("file() takes an input or a name", 'write file("{{ photo }}") or file("photo.png")')
    named = _INPUT.fullmatch(place.strip())
    if named is not None:
        return FileSlot(name=named[1])
    if "{" in place:
        raise UsageError(f"file({place!r}) is more than the name of an input", 'write file("{{ photo }}")')
    return FileSlot(beside=place)


def assistant(text: str = "", *more: object, file: str = "") -> Part:
    """An assistant message: the answer of a few-shot pair."""
    return _part("assistant", text, file, more)


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


def _part(role: Role, text: str, file: str, more: Sequence[object] = ()) -> Part:
    if any(isinstance(one, FileSlot) for one in (text, *more)):
        raise UsageError(
            f"{role}() takes no files", 'show them in a message of the user: user("...", file(...))'
        )
    if more or not isinstance(text, str):
        raise UsageError(f"{role}() takes one text, or file=")
    if bool(text) == bool(file):
        raise UsageError(f"{role}() takes either a string or file=")
    return Part(role, text, file)


def _texts(pieces: Sequence[str | FileSlot]) -> list[str]:
    return [piece for piece in pieces if isinstance(piece, str)]


def _content(piece: str | FileSlot) -> object:
    if isinstance(piece, str):
        return piece
    return {"input": piece.name} if piece.name else {"file": piece.found.sha256 if piece.found else ""}
