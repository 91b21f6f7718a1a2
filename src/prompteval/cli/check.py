"""`prompteval check`: validate everything, call no model."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from prompteval.cli import printer
from prompteval.cli.ending import verb
from prompteval.cli.problem_output import Style, check_style, print_problems

EPILOG = """\
\b
Examples:
  prompteval check                                  the whole workspace
  prompteval check evals/support.yaml               one suite, with its prompt and cases
  prompteval check --output-format github           annotations in a pull request
  prompteval check --no-import                      what can be seen without running any Python
"""

Paths = Annotated[list[Path] | None, typer.Argument(help="Files or directories. [default: everything]")]
Strict = Annotated[bool, typer.Option("--strict", help="Warnings fail too.")]
NoImport = Annotated[
    bool,
    typer.Option("--no-import", help="Import no Python from the workspace; list what that leaves unchecked."),
]


def register(app: typer.Typer) -> None:
    app.command("check", epilog=EPILOG)(verb(check))


def check(
    paths: Paths = None, style: Style = "concise", strict: Strict = False, no_import: NoImport = False
) -> int:
    """Validate prompts, cases and suites: every problem at once, each with file, line and fix."""
    from prompteval.core.text import counted
    from prompteval.engine.check import check_workspace
    from prompteval.engine.garbage_collection import exempt_imports
    from prompteval.workspace.settings import find_workspace

    exempt_imports()
    check_style(style)
    workspace = replace(find_workspace(Path.cwd()), imports=not no_import)
    report = check_workspace(workspace, tuple(_from_root(path, workspace.root) for path in paths or ()))
    print_problems(report.problems, style, workspace.root)
    errors = sum(problem.severity == "error" for problem in report.problems)
    warnings = len(report.problems) - errors
    message = f"{counted(errors, 'error')}, {counted(warnings, 'warning')}"
    code = 2 if errors or (strict and warnings) else 0
    if report.unchecked:
        printer.stderr_line(f"not checked without importing: {'; '.join(report.unchecked)}")
    printer.stderr_line(f"{report.summary}; {message}; exit {code}")
    return code


def _from_root(path: Path, root: Path) -> str:
    """A path of the command line, as a path from the workspace's root."""
    from prompteval.core.errors import UsageError

    try:
        full = path.resolve(strict=True)
    except FileNotFoundError:
        raise UsageError(f"{path} does not exist", "paths start at the current directory") from None
    except (OSError, RuntimeError):  # RuntimeError: links in a circle
        raise UsageError(f"{path} cannot be followed") from None
    if full != root and root not in full.parents:
        raise UsageError(f"{path} is outside the workspace {root}", "give a path below it")
    return full.relative_to(root).as_posix()
