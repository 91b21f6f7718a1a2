"""A problem in a user's file, and the nearest name to a mistyped one."""

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, TypeAlias

from prompteval.core.text import counted

# A message may quote what a file holds; a screen does not hold every file.
MAX_MESSAGE = 500
# A longer name is like none of ours, and comparing it takes long.
LONGEST_NAME = 200
# Of more known names only those that begin alike are compared.
MOST_COMPARED = 1_000
# What is wrong beyond this is counted: nobody reads a thousand lines to fix a file.
MOST_PROBLEMS = 100
# Of one mapping; the number of the rest is a problem of its own.
MOST_UNKNOWN = 20

Severity: TypeAlias = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in one place, printed as `file:line:col CODE message`.

    `path` is as the user should see it; `line` and `col` count from 1 and are 0 where a
    file as a whole is meant; `help` is the fix, in one sentence.
    """

    path: str
    line: int
    col: int
    code: str
    message: str
    help: str = ""
    severity: Severity = "error"

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
    compared = list(lowered)
    if len(compared) > MOST_COMPARED:
        compared = [option for option in compared if option.startswith(wanted[:2])][:MOST_COMPARED]
    found = difflib.get_close_matches(wanted, compared, n=1, cutoff=0.6)
    return lowered[found[0]] if found else None


def unknown_keys(given: Iterable[object], known: Collection[str]) -> tuple[list[tuple[Any, str]], int]:
    """(the first MOST_UNKNOWN keys that are not known, each with its help; how many more there are)."""
    unknown = (key for key in given if key not in known)
    first = [(key, did_you_mean(key, known)) for key in islice(unknown, MOST_UNKNOWN)]
    return first, sum(1 for _ in unknown)


class Collector:
    """Collects what is wrong with one file: the first MOST_PROBLEMS, and the number of the rest."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._found: list[Problem] = []
        self._more = 0

    def add(self, line: int, column: int, code: str, message: str, help: str = "") -> None:
        """Note one problem."""
        if not self.full:
            self._found.append(Problem(self._path, line, column, code, message, help))
        else:
            self._more += 1

    def skip(self, count: int) -> None:
        """Count problems that were not looked at one by one."""
        self._more += count

    @property
    def full(self) -> bool:
        """Whether further problems are only counted."""
        return len(self._found) >= MOST_PROBLEMS

    @property
    def found(self) -> list[Problem]:
        """The problems in the order of their places, the number of those that are not shown last."""
        found = sorted(self._found, key=lambda problem: (problem.line, problem.col))
        if self._more:
            more = counted(self._more, "more problem")
            message = f"{more} {'is' if self._more == 1 else 'are'} not shown"
            found.append(Problem(self._path, 0, 0, "PE309", message, "fix these first"))
        return found


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
