"""The typer application: every verb in its place."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NoReturn

import typer

from prompteval.cli import (
    audit,
    baseline,
    check,
    compare,
    data_verbs,
    explain,
    export_verb,
    gate,
    import_verb,
    init,
    judge,
    label,
    listing,
    lock,
    monitor_verb,
    printer,
    rag,
    report,
    run_verb,
    runs,
    schema,
    serve_verb,
    trec,
    view_verb,
)
from prompteval.cli.ending import conclude
from prompteval.core.errors import UsageError

EPILOG = """\
\b
Examples:
  prompteval init demo                     write a small working workspace
  prompteval check                         validate everything, no model call
  prompteval run                           run every suite, print, store, gate
  prompteval run support -k refund -o out.xml

Exit codes: 0 pass, 1 gate failed, 2 usage or validation, 3 incomplete, 4 inconclusive (asked for),
5 nothing selected, 70 prompteval crashed, 130 interrupted.
"""

app = typer.Typer(
    name="prompteval",
    help="Run typed, versioned prompts against golden cases, and end in a verdict.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", "-V", help="Print the version and exit."),
) -> None:
    if version:
        from prompteval._version import __version__

        printer.line(f"prompteval {__version__}")
        raise typer.Exit


init.register(app)
check.register(app)
audit.register(app)
listing.register(app)
runs.register(app)
run_verb.register(app)
compare.register(app)
gate.register(app)
baseline.register(app)
rag.register(app)
report.register(app)
monitor_verb.register(app)
lock.register(app)
serve_verb.register(app)
view_verb.register(app)
judge.register(app)
label.register(app)
import_verb.register(app)
data_verbs.register(app)
export_verb.register(app)
schema.register(app)
explain.register(app)
trec.register(app)


@cache
def command() -> Callable[..., Any]:
    """All verbs as one command, made once: it takes 30 ms, and a process may run several command lines."""
    return typer.main.get_command(app)


def run(arguments: Sequence[str]) -> NoReturn:
    """Run one command line; always ends in SystemExit with the exit code."""
    raise SystemExit(conclude(lambda: command_line(arguments)))


def command_line(arguments: Sequence[str]) -> int:
    """Run one command line; its exit code. Raises what `conclude` tells."""
    for number, argument in enumerate(arguments, 1):
        if "\0" in argument:
            raise UsageError(f"argument {number} holds a NUL byte")
    code: int | None = command()(list(arguments), prog_name="prompteval", standalone_mode=False)
    return code or 0
