"""`prompteval audit`: what a repository of Python has to do with language models; nothing of it is run."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prompteval.cli import printer
from prompteval.cli.ending import verb
from prompteval.cli.problem_output import Style, check_style, print_problems

if TYPE_CHECKING:
    from prompteval.audit.findings import Finding
    from prompteval.audit.run import AuditReport
    from prompteval.core.problem import Problem

EPILOG = """\
\b
Examples:
  prompteval audit                               the repository of the current directory
  prompteval audit app --output-format github    annotations in a pull request
  prompteval audit --fail-on error               warnings are printed, and do not fail
  prompteval audit --baseline audit.json         only what is new since `--update-baseline`
  prompteval audit --fix                         move literal prompts to prompts/, once you have seen how
  prompteval audit --todo TODO.md                the findings as a list of things to do

Exit codes: 0 nothing was found, 1 findings at or above --fail-on.
"""


class FailOn(StrEnum):
    """What makes the exit code 1."""

    error = "error"
    warning = "warning"


Directory = Annotated[Path, typer.Argument(help="The directory to look at.")]
Failing = Annotated[FailOn, typer.Option("--fail-on", help="The least severity that fails.")]


Baseline = Annotated[
    Path | None, typer.Option("--baseline", help="Leave out the findings that this file knows.")
]
Update = Annotated[
    bool, typer.Option("--update-baseline", help="Write all findings to the file of --baseline.")
]
Todo = Annotated[
    Path | None, typer.Option("--todo", help="Keep a list of the findings in this Markdown file.")
]
Fix = Annotated[
    bool,
    typer.Option("--fix", help="Show how prompts would be moved to prompts/, and move them when you agree."),
]
Yes = Annotated[bool, typer.Option("--yes", help="With --fix, do not ask.")]


def register(app: typer.Typer) -> None:
    app.command("audit", epilog=EPILOG)(verb(audit))


def audit(  # noqa: PLR0913 - options of a command
    directory: Directory = Path(),
    style: Style = "concise",
    fail_on: Failing = FailOn.warning,
    baseline: Baseline = None,
    update_baseline: Update = False,
    todo: Todo = None,
    fix: Fix = False,
    yes: Yes = False,
) -> int:
    """Find prompts, models, keys and artifacts in a repository. Nothing of it is imported or run."""
    from prompteval.audit.baseline import new_findings, read_baseline, write_baseline
    from prompteval.audit.run import audit as look
    from prompteval.core.text import counted

    check_style(style)
    root = _root(directory)
    _check_files(baseline, todo, root, update=update_baseline)
    known = read_baseline(baseline) if baseline is not None and not update_baseline else None
    report = look(root)
    if fix:
        return _fix(report, root, yes=yes)
    if baseline is not None and update_baseline:
        write_baseline(baseline, report.findings, root)
        printer.stderr_line(f"wrote {counted(len(report.findings), 'finding')} to {baseline}")
        return 0
    found = list(report.findings) if known is None else new_findings(report.findings, known)
    problems = [finding.problem for finding in found]
    _print(problems, style, directory, root)
    if todo is not None:
        _update_todo(todo, found, root)
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    code = 1 if errors or (warnings and fail_on is FailOn.warning) else 0
    hidden = len(report.findings) - len(found)
    parts = [counted(report.modules, "module"), str(report.stack)]
    parts += [f"{counted(hidden, 'finding')} of the baseline left out"] if hidden else []
    counts = f"{counted(errors, 'error')}, {counted(warnings, 'warning')}"
    printer.stderr_line(f"{'; '.join(parts)}; {counts}; exit {code}")
    return code


def _print(problems: "list[Problem]", style: str, directory: Path, root: Path) -> None:
    """For people with paths from here, which editors open; for programs with paths from the repository."""
    if style in ("concise", "full"):
        at = [replace(problem, path=(directory / problem.path).as_posix()) for problem in problems]
        print_problems(at, style, Path())
    else:
        print_problems(problems, style, root)


def _fix(report: "AuditReport", root: Path, *, yes: bool) -> int:
    """Show the change; write it with --yes, or when the person at the terminal says so."""
    from prompteval.audit.fix import plan_fixes, write_fixes
    from prompteval.core.text import counted

    plan = plan_fixes(root, report)
    for line in plan.difference():
        printer.show(line)
    for reason in plan.left:
        printer.stderr_line(f"left as it is: {reason}")
    prompts = counted(sum(path.startswith("prompts/") for path in plan.new), "prompt")
    if not plan.changed:
        printer.stderr_line("no prompt can be moved; nothing was written; exit 0")
        return 0
    if not yes and not (sys.stdin.isatty() and typer.confirm(f"Move {prompts}?", err=True)):
        printer.stderr_line(
            f"{prompts} can be moved; nothing was written (--yes writes without asking); exit 1"
        )
        return 1
    write_fixes(root, plan)
    printer.stderr_line(f"moved {prompts} to prompts/; exit 0")
    return 0


def _root(directory: Path) -> Path:
    from prompteval.core.errors import UsageError

    if not directory.is_dir():
        raise UsageError(f"{directory} is not a directory", "name the directory of a repository")
    return directory.resolve()


def _check_files(baseline: Path | None, todo: Path | None, root: Path, *, update: bool) -> None:
    """Raises UsageError, before any work, for a file that is not there or cannot be written."""
    from prompteval.cli.paths import check_file
    from prompteval.core.errors import UsageError
    from prompteval.workspace.safe_paths import bounds_of, file_to_write

    if update and baseline is None:
        raise UsageError("--update-baseline needs --baseline FILE")
    if baseline is not None and update:
        file_to_write(baseline.absolute(), bounds_of(root, baseline))
    elif baseline is not None:
        check_file("--baseline", baseline)
        if not baseline.exists():
            raise UsageError(f"--baseline {baseline} does not exist", "write it with --update-baseline")
    if todo is not None:
        file_to_write(todo.absolute(), bounds_of(root, todo))


def _update_todo(todo: Path, findings: "Sequence[Finding]", root: Path) -> None:
    from prompteval.audit.todo import counts, updated
    from prompteval.workspace.safe_paths import bounds_of
    from prompteval.workspace.text import UTF8_MARK, decode
    from prompteval.workspace.writing import write_whole

    data = todo.read_bytes() if todo.exists() else b""
    before = decode(data, str(todo))
    text = updated(before, findings)
    place = todo.absolute()
    if text != before:
        written = text.replace("\n", "\r\n") if b"\r\n" in data else text
        mark = UTF8_MARK if data.startswith(UTF8_MARK) else b""
        write_whole(place, [mark + written.encode("utf-8")], within=bounds_of(root, place))
    found = counts(text)
    printer.stderr_line(f"{todo}: {found[' ']} open, {found['-']} in work, {found['x']} done")
