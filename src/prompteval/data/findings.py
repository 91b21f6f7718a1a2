"""What the checks find, by code: of one code the first hundred, and the number of the rest."""

from collections import Counter
from typing import Final, Literal

from prompteval.core.problem import MOST_PROBLEMS, Problem
from prompteval.core.text import counted
from prompteval.data.rows import DataRow

# Codes that say that figures are wrong for any model.
ERRORS: Final = frozenset(
    {"PD102", "PD104", "PD105", "PD106", "PD108", "PD109", "PD111", "PD117", "PD118", "PD119", "PD120"}
)


class Findings:
    """Collects problems of rows. Texts of rows are in no message but as an id."""

    def __init__(self) -> None:
        self._found: list[Problem] = []
        self.counts: Counter[str] = Counter()
        self._last: dict[str, str] = {}

    def add(self, row: DataRow, code: str, message: str, help: str = "") -> None:
        """Note one thing about a row."""
        self.at(row.path, row.line, code, message, help)

    def at(self, path: str, line: int, code: str, message: str, help: str = "") -> None:
        """Note one thing at a place."""
        self.counts[code] += 1
        self._last[code] = path
        if self.counts[code] <= MOST_PROBLEMS:
            self._found.append(_problem(path, line, code, message, help))

    def problems(self) -> tuple[Problem, ...]:
        """By place; what is not shown of a code is one problem of its own."""
        more = []
        for code, count in self.counts.items():
            if count > MOST_PROBLEMS:
                message = f"{counted(count - MOST_PROBLEMS, 'more problem')} of this code are not shown"
                more.append(_problem(self._last[code], 0, code, message, "fix these first"))
        return tuple(sorted([*self._found, *more], key=lambda p: (p.path, p.line, p.code, p.message)))


def _problem(path: str, line: int, code: str, message: str, help: str) -> Problem:
    column = 1 if line else 0
    severity: Literal["error", "warning"] = "error" if code in ERRORS else "warning"
    return Problem(path, line, column, code, message, help, severity)


def named(row: DataRow) -> str:
    """A row as another row's message names it."""
    place = f"{row.path}:{row.line}"
    return f"{row.id!r} ({place})" if row.id else place
