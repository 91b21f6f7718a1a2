"""A problem in a user's file, and the nearest name to a mistyped one."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

# A message may quote what a file holds; a screen does not hold every file.
MAX_MESSAGE = 500
# A longer name is like none of ours, and comparing it takes long.
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in one place, printed as `file:line:col CODE message`.

    `path` is as the user should see it; `line` and `col` count from 1 and are 0 where a
    file as a whole is meant; `help` is the mend, in one sentence.
    """

    path: str
    line: int
    col: int
    code: str
    message: str
    help: str = ""
    severity: Literal["error", "warning"] = "error"

    def __post_init__(self) -> None:
        if len(self.message) > MAX_MESSAGE:
            cut = f"{self.message[:MAX_MESSAGE]}… ({len(self.message):,} characters)"
            object.__setattr__(self, "message", cut)

    def __str__(self) -> str:
        place = self.path
        if self.line:
            place += f":{self.line}:{max(self.col, 1)}"
        text = f"{place} {self.code} {self.message}"
        if self.help:
            text += f" ({self.help})"
        return " ".join(text.split())


def nearest(name: object, known: Iterable[str]) -> str | None:
    """The known name most like `name`, or None when none is close. A file may have any value for a name."""
    options = sorted({str(option) for option in known})
    lowered = {option.lower(): option for option in options}
    wanted = str(name)[:LONGEST_NAME].lower()
    if wanted in lowered:
        return lowered[wanted]
    found = difflib.get_close_matches(wanted, list(lowered), n=1, cutoff=0.6)
    return lowered[found[0]] if found else None


def did_you_mean(name: object, known: Iterable[str], limit: int = 8) -> str:
    """A help sentence for a name that is not known.

    Names the nearest one, or, when none is near, up to `limit` of the known names.
    Empty when nothing is known.
    """
    options = sorted({str(option) for option in known})
    match = nearest(name, options)
    if match is not None:
        return f"did you mean {match!r}?"
    if not options:
        return ""
    shown = ", ".join(options[:limit]) + (", …" if len(options) > limit else "")
    return f"known: {shown}"
