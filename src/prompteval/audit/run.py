"""An audit of one repository: its files read once, every rule over them, nothing imported or run."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from prompteval.audit import files, ignores
from prompteval.audit.findings import Finding, in_order
from prompteval.audit.prompt_rules import prompt_findings
from prompteval.audit.prompts import PromptFinder, PromptUse
from prompteval.audit.repository import Module, Repository, make_module
from prompteval.core.problem import Problem
from prompteval.workspace.python_source import parse_python
from prompteval.workspace.text import decode


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What was found, in the order of places; how many files were looked at; and the prompts of the code."""

    findings: tuple[Finding, ...]
    modules: int
    uses: tuple[PromptUse, ...]


def audit(root: Path) -> AuditReport:
    """Look at a directory. A file that cannot be read is a finding of its own, and never ends the audit."""
    look = _Audit(root)
    look.read_modules()
    return look.report()


class _Audit:
    """One look at a repository."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._listing = files.list_files(root)
        self._modules: list[Module] = []
        self._found: list[Finding] = []

    def read_modules(self) -> None:
        """Parse every Python file."""
        if self._listing.cut:
            self._unread(".", f"more than {files.MOST_FILES:,} files; the others are not audited")
        for path in self._listing.paths:
            if path.endswith(".py"):
                self._read(path)

    def _read(self, path: str) -> None:
        data = files.read_beginning(self._root / path, files.MAX_SOURCE_BYTES + 1)
        if len(data) > files.MAX_SOURCE_BYTES:
            self._unread(path, f"larger than {files.MAX_SOURCE_BYTES:,} bytes")
            return
        try:
            text = decode(data, path)
            tree = parse_python(text)
        except SyntaxError as error:
            self._unread(path, f"not Python: {error.msg}", error.lineno or 1)
            return
        except ValueError as error:
            self._unread(path, f"not Python: {error}")
            return
        except Exception as error:
            problem = getattr(error, "problems", None)
            self._unread(path, problem[0].message if problem else str(error))
            return
        self._modules.append(make_module(path, text, tree, is_test=files.is_test(path)))

    def _unread(self, path: str, reason: str, line: int = 0) -> None:
        message = f"not audited: {reason}"
        problem = Problem(path, line, 1 if line else 0, "PA100", message, severity="warning")
        self._found.append(Finding(problem, line, reason))

    def report(self) -> AuditReport:
        """Every rule, and then the comments that ignore."""
        repository = Repository(self._modules)
        finder = PromptFinder(repository)
        uses = finder.find()
        self._found += prompt_findings(uses)
        return AuditReport(
            tuple(in_order(self._without_ignored(repository))), len(self._modules), tuple(uses)
        )

    def _without_ignored(self, repository: Repository) -> Iterable[Finding]:
        by_path: dict[str, list[Finding]] = {}
        for finding in self._found:
            by_path.setdefault(finding.problem.path, []).append(finding)
        for path, module in repository.modules.items():
            comments = ignores.ignores_of(module.text)
            yield from ignores.kept(by_path.pop(path, []), comments)
            yield from ignores.faults(path, comments)
        for rest in by_path.values():
            yield from rest
