"""`prompteval lock`: publish versions of prompts, so that nobody edits them in place."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from prompteval.cli import completion, lock_alias, printer
from prompteval.cli.ending import verb

if TYPE_CHECKING:
    from typer._click.core import Context

EPILOG = """\
\b
Examples:
  prompteval lock                                   publish every version that is not published yet
  prompteval lock classify_intent@v2                publish one
  prompteval lock --check                           write nothing; exit 2 when a version is not published
  prompteval lock --withdraw classify_intent@v1     withdraw one, to edit or remove it
  prompteval lock alias set production classify_intent@v2
"""

References = Annotated[
    list[str] | None,
    typer.Argument(
        help="name (its current version), name@v1 or name@production. [default: all]",
        autocompletion=completion.prompts,
    ),
]
Check = Annotated[bool, typer.Option("--check", help="Write nothing; exit 2 unless all are published.")]
Withdraw = Annotated[bool, typer.Option("--withdraw", help="Remove these versions from the lock.")]


class _LockGroup(TyperGroup):
    """`lock REF...` and `lock alias ...`, whose name the arguments would take for a reference."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: "Context | None" = None,
        **extra: Any,  # noqa: ANN401 - as click has it
    ) -> "Context":
        command = self.commands.get(args[0]) if args else None
        if command is None:
            return super().make_context(info_name, args, parent, **extra)
        return command.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)


def register(parent: typer.Typer) -> None:
    app = typer.Typer(cls=_LockGroup, rich_markup_mode=None)
    app.callback(invoke_without_command=True, epilog=EPILOG)(verb(lock))
    lock_alias.register(app)
    parent.add_typer(app, name="lock")


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
