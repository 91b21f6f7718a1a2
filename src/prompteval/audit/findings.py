"""One thing that an audit found, and what it is known by when lines move."""

from collections.abc import Iterable
from dataclasses import dataclass

from prompteval.core.fingerprint import fingerprint
from prompteval.core.problem import Problem


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem with the lines that an ignore comment may be on, and what it is about.

    `subject` is text that stays when the code around it changes: a prompt, the name of a model.
    """

    problem: Problem
    last_line: int
    subject: str

    @property
    def known_by(self) -> str:
        """The same for the same finding in the same file, wherever in it: 16 hexadecimal digits."""
        return fingerprint([self.problem.code, self.problem.path, self.subject]).rpartition(":")[2][:16]


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """By place, then code; equal ones once."""
    found = {finding.problem: finding for finding in findings}
    return sorted(
        found.values(), key=lambda f: (f.problem.path, f.problem.line, f.problem.col, f.problem.code)
    )
