"""`prompteval baseline`: the run that later runs are compared with."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from prompteval.cli import completion, printer
from prompteval.cli.ending import verb
from prompteval.cli.shared import RunName
from prompteval.report.format import number

SET_EPILOG = """\
\b
Examples:
  prompteval baseline set                      the last run, every suite of it
  prompteval baseline set 20260101-120000 --suite support_intents
  prompteval baseline set last --name release-1   and later: prompteval compare baseline:release-1

A baseline is a run you choose for its place in history, never the best of several. Commit the files.
"""

app = typer.Typer(
    help="Set or show the stored baselines, evals/baselines/<suite>.json.",
    epilog="Example: prompteval baseline set",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Suites = Annotated[
    list[str] | None,
    typer.Option("--suite", help="Only this suite; repeat for several.", autocompletion=completion.suites),
]
Name = Annotated[
    str | None, typer.Option("--name", help="Name the run in the store instead of writing files.")
]
Names = Annotated[
    list[str] | None, typer.Argument(help="Suites. [default: all]", autocompletion=completion.suites)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]


def register(parent: typer.Typer) -> None:
    app.command("set", epilog=SET_EPILOG)(verb(set_))
    app.command("show", epilog="Example: prompteval baseline show support_intents")(verb(show))
    parent.add_typer(app, name="baseline")


def set_(run: RunName = "last", suites: Suites = None, name: Name = None) -> int:
    """Write the per-case scores of a run to evals/baselines, one file a suite; or name it in the store."""
    from prompteval.core.errors import UsageError
    from prompteval.engine.baseline import name_baseline, set_baselines
    from prompteval.workspace.settings import find_workspace

    if name is not None:
        if suites:
            raise UsageError("--name is of a whole run", "leave --suite out")
        run_id, before = name_baseline(find_workspace(Path.cwd()), run, name)
        moved = f", and was run {before}" if before not in ("", run_id) else ""
        printer.line(f"baseline:{name} is run {run_id}{moved}")
        return 0
    for path in set_baselines(find_workspace(Path.cwd()), run, suites or ()):
        printer.line(f"wrote {path}")
    return 0


def show(suites: Names = None, as_json: AsJson = False) -> int:
    """Print what the baselines hold: prompt, model, cases and metrics."""
    from prompteval.engine.baseline import baseline_lines
    from prompteval.engine.stored import named_baselines
    from prompteval.workspace.settings import find_workspace

    workspace = find_workspace(Path.cwd())
    lines = baseline_lines(workspace, suites or ())
    if as_json:
        printer.document([asdict(line) for line in lines])
        return 0
    for line in lines:
        values = ", ".join(f"{name} {number(value)}" for name, value in line.values.items())
        message = f"{line.suite}  {line.prompt}  {line.model}  {line.cases:,} cases  {values}"
        printer.line(message)
    names = {} if suites else named_baselines(workspace)
    for name, run_id in names.items():
        printer.line(f"baseline:{name}  run {run_id}")
    if not lines and not names:
        printer.line("no baseline yet; `prompteval baseline set` creates one from a run")
    return 0
