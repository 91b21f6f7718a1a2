"""What a view of a case is made of. All text is as it came in: who shows it makes it safe and cuts it."""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["", "good", "bad"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A word beside a line, such as `gold` or `wrong`."""

    word: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a part: what it is called, what it says, marks, and the words under it.

    `images` are the hashes of images that it names.
    """

    label: str
    text: str
    marks: tuple[Mark, ...] = ()
    words: str = ""
    images: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A named part of a case: a text, lines, or both; `left_out` lines are not in it."""

    name: str
    text: str = ""
    lines: tuple[Line, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as it ran once. `verdict` and `why` come first, then the parts in their order."""

    suite: str
    target: str
    model: str
    case_id: str
    replicate: int
    verdict: str
    why: str
    parts: tuple[Part, ...]
