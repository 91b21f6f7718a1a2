"""What is said of one name."""

import inspect
import re
from dataclasses import dataclass, replace
from typing import Literal

Syntax = Literal["yaml", "json", "toml", "python", "text"]
_EXAMPLE = re.compile(r"Example: `(.+)`\Z")


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the table of an entry: `default  8`."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Option:
    """An option, a parameter or a key below; `value` says what it may be, empty where `about` does."""

    name: str
    about: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """Lines as they are in a file, or a command line."""

    text: str
    syntax: Syntax


@dataclass(frozen=True, slots=True)
class Entry:
    """One name with its meaning. `kind` is what it is the name of; `others` are further names for it."""

    name: str
    kind: str
    about: str
    facts: tuple[Fact, ...] = ()
    options: tuple[Option, ...] = ()
    example: Example | None = None
    others: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that finds it."""
        return (self.name, *self.others)

    @property
    def summary(self) -> str:
        """The first sentence."""
        return re.split(r"(?<=[.!?]) (?=[A-Z])", self.about.split("\n")[0], maxsplit=1)[0]


@dataclass(frozen=True, slots=True)
class Group:
    """Entries of one kind under a title; `topic` is the word that lists them."""

    title: str
    topic: str
    entries: tuple[Entry, ...]


def documented(entry: Entry, found: object, frame: str, syntax: Syntax = "yaml") -> Entry:
    """The entry with what a docstring says: its paragraphs, and the example of `Example: ...` in a frame.

    What it raises is for programs and left out. Without an example it is the name itself in the frame.
    """
    own = found.__doc__ if isinstance(found, type) or inspect.isroutine(found) else type(found).__doc__
    paragraphs = inspect.cleandoc(own or "").split("\n\n")
    joined = [" ".join(paragraph.split()) for paragraph in paragraphs if paragraph]
    examples = [match[1] for text in joined if (match := _EXAMPLE.match(text))]
    about = [text for text in joined if not text.startswith("Raises ") and not _EXAMPLE.match(text)]
    text = frame.replace("{}", examples[0] if examples else entry.name)
    return replace(entry, about="\n".join(about), example=Example(text, syntax))
