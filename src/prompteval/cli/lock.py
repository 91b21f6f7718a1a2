"""`prompteval lock`: publish versions of prompts, so that nobody edits them in place."""

from pathlib import Path
from typing import Annotated

import typer

from prompteval.cli import completion, printer
from prompteval.cli.ending import verb

EPILOG = """\
\b
Examples:
  prompteval lock                                   publish every version that is not published yet
  prompteval lock classify_intent@v2                publish one
  prompteval lock --check                           write nothing; exit 2 when a version is not published
  prompteval lock --withdraw classify_intent@v1     withdraw one, to edit or remove it
"""

References = Annotated[
    list[str] | None,
    typer.Argument(
        help="name (its current version) or name@v1. [default: all]",
        autocompletion=completion.prompts,
    ),
]
Check = Annotated[bool, typer.Option("--check", help="Write nothing; exit 2 unless all are published.")]
Withdraw = Annotated[bool, typer.Option("--withdraw", help="Remove these versions from the lock.")]


def register(app: typer.Typer) -> None:
    app.command("lock", epilog=EPILOG)(verb(lock))


def lock(references: References = None, check: Check = False, withdraw: Withdraw = False) -> int:
    """Publish versions of prompts: `prompts/prompts.lock` keeps what each was, and `check` compares."""
    from prompteval.core.errors import UsageError
    from prompteval.engine import lock as engine
    from prompteval.workspace.settings import find_workspace

    named = tuple(references or ())
    if withdraw and (check or not named):
        raise UsageError("--withdraw needs the versions to withdraw", "prompteval lock --withdraw name@v1")
    workspace = find_workspace(Path.cwd())
    if withdraw:
        engine.withdraw(workspace, named)
        return _print_versions("withdrew", named)
    new = engine.publish(workspace, named, write=not check)
    if check:
        _print_versions("not published:", new)
        return 2 if new else 0
    return _print_versions("published", new)


def _print_versions(word: str, references: tuple[str, ...]) -> int:
    for reference in references:
        printer.line(f"{word} {reference}")
    if not references:
        printer.stderr_line("every version is published already")
    return 0
