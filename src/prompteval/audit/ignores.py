"""`# prompteval: ignore[PA101] reason`: comments that keep a finding quiet, and those that say no reason."""

import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prompteval.audit.findings import Finding
from prompteval.core.problem import Problem
from prompteval.core.text import lines_of

MARK = "prompteval:"
_FORM = re.compile(r"#\s*prompteval:\s*ignore(?:\[([^\]]*)\])?\s*(.*)")


@dataclass(frozen=True, slots=True)
class Ignore:
    """One comment. `alone` says that nothing else is on its line: it counts for the next one."""

    line: int
    column: int
    codes: frozenset[str]
    reason: str
    alone: bool


def ignores_of(text: str) -> list[Ignore]:
    """The comments of a module; of one that tokenize cannot read to its end, those before that place."""
    if MARK not in text:
        return []
    found: list[Ignore] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            match = _FORM.match(token.string) if token.type == tokenize.COMMENT else None
            if match is not None:
                codes = frozenset(code.strip() for code in (match[1] or "").split(",") if code.strip())
                line, column = token.start
                alone = not token.line[:column].strip()
                found.append(Ignore(line, column + 1, codes, match[2].strip(" -:"), alone))
    except (tokenize.TokenError, SyntaxError, ValueError):
        pass
    return found


def ignores_in_lines(text: str) -> list[Ignore]:
    """The comments of YAML, TOML or plain text, at the end of a line or alone on it."""
    found: list[Ignore] = []
    for number, line in enumerate(lines_of(text), 1):
        match = _FORM.search(line)
        if match is not None:
            codes = frozenset(code.strip() for code in (match[1] or "").split(",") if code.strip())
            alone = not line[: match.start()].strip()
            found.append(Ignore(number, match.start() + 1, codes, match[2].strip(" -:"), alone))
    return found


def kept(findings: Iterable[Finding], ignores: list[Ignore]) -> Iterator[Finding]:
    """The findings of one file that no comment ignores. A comment without code or reason ignores nothing."""
    valid = [ignore for ignore in ignores if ignore.codes and ignore.reason]
    for finding in findings:
        if not any(_covers(ignore, finding) for ignore in valid):
            yield finding


def faults(path: str, ignores: list[Ignore]) -> Iterator[Finding]:
    """A comment that lacks its code or its reason."""
    for ignore in ignores:
        if not ignore.codes or not ignore.reason:
            lacks = "reason" if ignore.codes else "code"
            message = f"ignore comment without a {lacks} has no effect"
            help = "write `# prompteval: ignore[PA101] why`"
            problem = Problem(path, ignore.line, ignore.column, "PA120", message, help, "warning")
            yield Finding(problem, ignore.line, lacks)


def _covers(ignore: Ignore, finding: Finding) -> bool:
    if finding.problem.code not in ignore.codes:
        return False
    first = finding.problem.line
    if first <= 1 and ignore.alone and finding.last_line <= 1:  # about the file as a whole
        return True
    return first <= ignore.line <= finding.last_line or (ignore.alone and ignore.line == first - 1)
