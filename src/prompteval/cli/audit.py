"""`prompteval audit`: what a repository of Python has to do with language models; nothing of it is run."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from prompteval.cli import printer
from prompteval.cli.ending import verb
from prompteval.cli.problem_output import Style, check_style, print_problems

EPILOG = """\
\b
Examples:
  prompteval audit                               the repository of the current directory
  prompteval audit app --output-format github    annotations in a pull request
  prompteval audit --fail-on error               warnings are printed, and do not fail

Exit codes: 0 nothing was found, 1 findings at or above --fail-on.
"""


class FailOn(StrEnum):
    """What makes the exit code 1."""

    error = "error"
    warning = "warning"


Directory = Annotated[Path, typer.Argument(help="The directory to look at.")]
Failing = Annotated[FailOn, typer.Option("--fail-on", help="The least severity that fails.")]


def register(app: typer.Typer) -> None:
    app.command("audit", epilog=EPILOG)(verb(audit))


def audit(directory: Directory = Path(), style: Style = "concise", fail_on: Failing = FailOn.warning) -> int:
    """Find prompts, models, keys and artifacts in a repository. Nothing of it is imported or run."""
    from prompteval.audit.run import audit as look
    from prompteval.core.errors import UsageError
    from prompteval.core.text import counted

    check_style(style)
    if not directory.is_dir():
        raise UsageError(f"{directory} is not a directory", "name the directory of a repository")
    root = directory.resolve()
    report = look(root)
    problems = [finding.problem for finding in report.findings]
    print_problems(problems, style, root)
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    code = 1 if errors or (warnings and fail_on is FailOn.warning) else 0
    files = counted(report.modules, "Python file")
    printer.stderr_line(f"{files}; {counted(errors, 'error')}, {counted(warnings, 'warning')}; exit {code}")
    return code
