"""`prompteval explain`: what a problem code means."""

from typing import Annotated

import typer

from prompteval.cli import completion, printer
from prompteval.cli.ending import verb

CodeName = Annotated[
    str | None,
    typer.Argument(help="A code such as PE350.", autocompletion=completion.codes),
]
All = Annotated[bool, typer.Option("--all", help="Print every code as Markdown.")]


def register(app: typer.Typer) -> None:
    app.command("explain", epilog="Example: prompteval explain PE350")(verb(explain))


def explain(code: CodeName = None, everything: All = False) -> int:
    """Explain a problem code: its meaning, an example and the fix. Without a code, list all of them."""
    from prompteval.core.codes import codes, document
    from prompteval.core.errors import UsageError
    from prompteval.core.problem import did_you_mean

    if everything and code is not None:
        raise UsageError("--all prints every code", "give either a code or --all")
    if everything:
        printer.show("".join(document()))
    elif code is None:
        for one in codes().values():
            printer.line(f"{one.code}  {one.meaning}")
    elif (found := codes().get(code.upper())) is not None:
        printer.show(str(found))
    else:
        raise UsageError(f"unknown code {code!r}", did_you_mean(code.upper(), codes()))
    return 0
