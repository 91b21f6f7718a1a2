"""`prompteval explain`: what a name or a problem code means."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from prompteval.cli import completion, printer
from prompteval.cli.ending import verb

Name = Annotated[
    str | None,
    typer.Argument(
        help="A problem code, a key of a file, a scorer, a metric, a rule of a gate, a signal of `monitor`, "
        "a kind of model, a name of a prompt's module, a verb, an option.",
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


def explain(context: typer.Context, name: Name = None, everything: All = False) -> int:
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
        printer.show(_found(name, context))
    return 0


def _found(name: str | None, context: typer.Context) -> str:
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
    try:
        return shown(find(name))
    except UsageError:
        lines = list(_of_command_line(context, name.strip().removeprefix("--")))
        if not lines:
            raise
        return "".join(f"{line}\n" for line in lines)


def _of_command_line(context: typer.Context, name: str) -> Iterator[str]:
    """A line for each verb, and each option of a verb, of this name: the latter without its dashes."""
    waiting: list[tuple[str, Any]] = [("prompteval", context.find_root().command)]
    while waiting:
        path, verb = waiting.pop(0)
        if path.rpartition(" ")[2] == name:
            yield f"`{path}`: {verb.get_short_help_str(limit=200)} `{path} --help` has its options."
        for one in verb.params:
            if f"--{name}" in (*one.opts, *one.secondary_opts):
                yield f"--{name} of `{path}`: {one.help or ''}"
        waiting += [(f"{path} {below}", found) for below, found in getattr(verb, "commands", {}).items()]
