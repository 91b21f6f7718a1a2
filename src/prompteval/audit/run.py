"""An audit of one repository: its files read once, every rule over them, nothing imported or run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from prompteval.audit import artifacts, files, ignores, keys, notebooks, scripts
from prompteval.audit.call_rules import call_findings
from prompteval.audit.findings import Finding, in_order
from prompteval.audit.models import model_findings
from prompteval.audit.prompt_rules import prompt_findings
from prompteval.audit.prompts import PromptFinder, PromptUse
from prompteval.audit.repository import Module, Repository, make_module
from prompteval.audit.stack import Stack, stack_of
from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Problem
from prompteval.workspace.python_source import parse_python
from prompteval.workspace.text import decode


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What was found, in the order of places; what it was found in; and every text that reaches a model."""

    findings: tuple[Finding, ...]
    modules: int
    stack: Stack
    uses: tuple[PromptUse, ...]
    parsed: Mapping[str, Module]


def audit(root: Path, today: date | None = None) -> AuditReport:
    """Look at a directory. A file that cannot be read is a finding of its own, and never ends the audit.

    `today` decides whether a model is shut down already; the day at hand by default.
    """
    look = _Audit(root)
    look.read_files()
    return look.report(today or date.today())


class _Audit:
    """One look at a repository."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._listing = files.list_files(root)
        self._modules: list[Module] = []
        self._notebooks: dict[str, notebooks.Notebook] = {}
        self._comments: dict[str, list[ignores.Ignore]] = {}
        self._found: list[Finding] = []

    def read_files(self) -> None:
        """Parse Python and notebooks; look for credentials in texts, and at what other files begin with."""
        if self._listing.cut:
            self._unread(".", f"more than {files.MOST_FILES:,} files; the others are not audited")
        for path in self._listing.paths:
            if path.endswith(".py"):
                self._read_module(path)
            elif path.endswith(".ipynb"):
                self._read_notebook(path)
            elif keys.is_searched(path):
                data = files.read_beginning(self._root / path, keys.MAX_SEARCHED_BYTES)
                self._search(path, data.decode("utf-8", "replace"))
            else:
                self._found += artifacts.artifact_findings(self._root, path)

    def _search(self, path: str, text: str) -> None:
        self._found += keys.key_findings(path, text, in_test=files.is_test(path))
        if ignores.MARK in text and not path.endswith((".py", ".ipynb")):
            self._comments[path] = ignores.ignores_in_lines(text)

    def _read_module(self, path: str) -> None:
        text = self._text(path, files.MAX_SOURCE_BYTES)
        if text is not None:
            self._search(path, text)
            self._parse(path, text)

    def _read_notebook(self, path: str) -> None:
        text = self._text(path, files.MAX_NOTEBOOK_BYTES)
        if text is None:
            return
        self._search(path, text)
        try:
            notebook = notebooks.read_notebook(text)
        except (ValueError, RecursionError) as error:
            self._unread(path, f"not a notebook: {str(error).splitlines()[0] if str(error) else 'too deep'}")
            return
        self._notebooks[path] = notebook
        self._parse(path, notebook.code)

    def _text(self, path: str, most: int) -> str | None:
        data = files.read_beginning(self._root / path, most + 1)
        if len(data) > most:
            self._unread(path, f"larger than {most:,} bytes")
            return None
        try:
            text = decode(data, path)
        except InvalidInput as error:
            declared = files.in_its_encoding(data) if path.endswith(".py") else None
            if declared is None:
                self._unread(path, error.problems[0].message, error.problems[0].line)
            return declared
        if path.endswith(".py") and (reason := files.unknown_encoding(data)):
            self._unread(path, f"not Python: {reason}", 1)
            return None
        return text

    def _parse(self, path: str, text: str) -> None:
        try:
            tree = parse_python(text)
        except SyntaxError as error:
            self._unread(path, f"not Python: {error.msg}", error.lineno or 1)
        except ValueError as error:
            self._unread(path, f"not Python: {error}")
        else:
            self._modules.append(make_module(path, text, tree, is_test=files.is_test(path)))

    def _unread(self, path: str, reason: str, line: int = 0) -> None:
        message = f"not audited: {reason}"
        problem = Problem(path, line, 1 if line else 0, "PA100", message, severity="warning")
        self._found.append(Finding(problem, line, reason))

    def report(self, today: date) -> AuditReport:
        """Every rule, then the lines of notebooks, then the comments that ignore."""
        package = self._root.name if "__init__.py" in self._listing.paths else ""
        repository = Repository(self._modules, package)
        finder = PromptFinder(repository)
        uses = finder.find()
        found = self._found
        found += prompt_findings(uses)
        found += model_findings(finder.calls, finder.flow, today)
        found += call_findings(finder.calls, repository, finder.names, finder.flow)
        found += scripts.script_findings(repository, finder.calls, self._listing.paths)
        found += scripts.baseline_findings(repository, self._listing.paths)
        found += scripts.untested_findings(repository, uses)
        asking = {call.path for call in finder.calls}
        kept = [*self._without_ignored(repository)]
        for path, notebook in self._notebooks.items():
            kept = [notebooks.moved(f, notebook) if _is_in_code(f, path) else f for f in kept]
            if path in asking:
                kept += notebooks.output_findings(path, notebook)
        stack = stack_of(self._root, self._listing.paths, repository)
        return AuditReport(tuple(in_order(kept)), len(self._modules), stack, tuple(uses), repository.modules)

    def _without_ignored(self, repository: Repository) -> Iterable[Finding]:
        by_path: dict[str, list[Finding]] = {}
        for finding in self._found:
            by_path.setdefault(finding.problem.path, []).append(finding)
        for path, module in repository.modules.items():
            self._comments[path] = ignores.ignores_of(module.text)
        for path, comments in self._comments.items():
            yield from ignores.kept(by_path.pop(path, []), comments)
            if not files.is_test(path):
                yield from ignores.faults(path, comments)
        for rest in by_path.values():
            yield from rest


def _is_in_code(finding: Finding, path: str) -> bool:
    """Whether the line of a finding is one of the code of a notebook's cells."""
    problem = finding.problem
    return problem.path == path and problem.code not in ("PA100", "PA110")
