"""`prompteval lock alias`: names such as production, which move between published versions."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prompteval.cli import completion, printer
from prompteval.cli.ending import verb

if TYPE_CHECKING:
    from prompteval.prompt.aliases import Alias, Move

SET_EPILOG = """\
\b
Examples:
  prompteval lock alias set production route_ticket@v2         in use from now on
  prompteval lock alias set production route_ticket@staging    what staging is now

The version must be published. Commit prompts/prompts.lock.
"""
ROLLBACK_EPILOG = """\
\b
Examples:
  prompteval lock alias rollback production
  prompteval lock alias rollback route_ticket@production

The way back is a move too, and is in the history: a second rollback undoes the first.
"""

app = typer.Typer(
    help="Aliases of published versions: set, show, move back.",
    epilog="Example: prompteval lock alias set production route_ticket@v2",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Name = Annotated[str, typer.Argument(help="The name of the alias: production, staging.")]
Version = Annotated[
    str,
    typer.Argument(
        help="name@v2, name (its current version) or name@staging.", autocompletion=completion.prompts
    ),
]
Prompts = Annotated[
    list[str] | None, typer.Argument(help="Prompts. [default: all]", autocompletion=completion.prompt_names)
]
AliasName = Annotated[
    str,
    typer.Argument(
        help="An alias, or prompt@alias where several prompts have it.", autocompletion=completion.aliases
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]


def register(parent: typer.Typer) -> None:
    app.command("set", epilog=SET_EPILOG)(verb(set_))
    app.command("show", epilog="Example: prompteval lock alias show route_ticket")(verb(show))
    app.command("history", epilog="Example: prompteval lock alias history production")(verb(history))
    app.command("rollback", epilog=ROLLBACK_EPILOG)(verb(rollback))
    parent.add_typer(app, name="alias")


def set_(name: Name, version: Version) -> int:
    """Point an alias at a published version."""
    from prompteval.engine.aliases import set_alias
    from prompteval.workspace.settings import find_workspace

    alias, moved = set_alias(find_workspace(Path.cwd()), name, version)
    if moved:
        return _print_move(alias)
    printer.stderr_line(f"{alias.reference} is {alias.target} already")
    return 0


def show(prompts: Prompts = None, as_json: AsJson = False) -> int:
    """Print what each alias points at, and since when."""
    from prompteval.engine.aliases import aliases
    from prompteval.workspace.settings import find_workspace

    found = aliases(find_workspace(Path.cwd()), tuple(prompts or ()))
    if as_json:
        printer.document(
            [{"alias": one.reference, "version": f"v{one.version}", "since": _since(one)} for one in found]
        )
        return 0
    for alias in found:
        printer.line(f"{alias.reference}  v{alias.version}  {_since(alias) or 'no history'}")
    if not found:
        printer.stderr_line("no alias yet; `prompteval lock alias set` creates one")
    return 0


def history(name: AliasName, as_json: AsJson = False) -> int:
    """Print the moves of an alias, oldest first."""
    from prompteval.engine.aliases import find_alias
    from prompteval.workspace.settings import find_workspace

    alias = find_alias(find_workspace(Path.cwd()), name)
    if as_json:
        printer.document(
            [{"at": move.at, "from": _word(move.before), "to": _word(move.after)} for move in alias.history]
        )
        return 0
    for move in alias.history:
        printer.line(f"{move.at}  {alias.reference}  {_arrow(move)}")
    return 0


def rollback(name: AliasName) -> int:
    """Point an alias at its previous version."""
    from prompteval.engine.aliases import roll_back
    from prompteval.workspace.settings import find_workspace

    return _print_move(roll_back(find_workspace(Path.cwd()), name))


def _print_move(alias: "Alias") -> int:
    printer.line(f"{alias.reference}  {_arrow(alias.history[-1])}")
    return 0


def _arrow(move: "Move") -> str:
    return f"{_word(move.before) or '–'} → {_word(move.after)}"


def _word(version: int | None) -> str | None:
    return None if version is None else f"v{version}"


def _since(alias: "Alias") -> str | None:
    return alias.history[-1].at if alias.history else None
