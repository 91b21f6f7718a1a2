"""`prompteval explain`: what a name or a problem code means."""

from typing import Annotated

import typer

from prompteval.cli import completion, printer
from prompteval.cli.ending import verb

Name = Annotated[
    str | None,
    typer.Argument(
        help="A problem code, a key of a file, a scorer, a metric, a rule of a gate, a signal of `monitor`, "
        "a kind of model.",
        autocompletion=completion.explained,
    ),
]
All = Annotated[bool, typer.Option("--all", help="Print every code as Markdown.")]
EPILOG = """\b
Examples:
  prompteval explain PE350                  a problem code and its fix
  prompteval explain rag.k                  a key of a suite
  prompteval explain "f1(average=macro)"    a metric and its parameters
  prompteval explain scorers                all scorers, a line each"""


def register(app: typer.Typer) -> None:
    app.command("explain", epilog=EPILOG)(verb(explain))


def explain(name: Name = None, everything: All = False) -> int:
    """Explain a name: what it means or reads, its options, an example. Without a name, list all of them."""
    from prompteval.core.codes import codes, document
    from prompteval.core.errors import UsageError

    if everything and name is not None:
        raise UsageError("--all prints every code", "give either a name or --all")
    if everything:
        printer.show("".join(document()))
    elif name is not None and (code := codes().get(name.upper())) is not None:
        printer.show(str(code))
    else:
        printer.show(_found(name))
    return 0


def _found(name: str | None) -> str:
    from prompteval.core.codes import codes, is_code
    from prompteval.core.errors import UsageError
    from prompteval.core.problem import did_you_mean
    from prompteval.reference.index import find
    from prompteval.reference.text import CODES_TOPIC, overview, shown

    if name is None:
        return overview()
    if name == CODES_TOPIC:
        return "".join(f"{one.code}  {one.meaning}\n" for one in codes().values())
    if is_code(name):
        raise UsageError(f"unknown code {name!r}", did_you_mean(name.upper(), codes()))
    return shown(find(name))
