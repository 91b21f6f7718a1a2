"""`prompteval gate`: a stored run, decided again."""

from pathlib import Path
from typing import Annotated

import typer

from prompteval.cli.ending import verb
from prompteval.cli.shared import Inconclusive, InconclusiveAction, RunName

EPILOG = """\
\b
Examples:
  prompteval gate last                         after editing the gate of a suite
  prompteval gate last --inconclusive fail -o gates.md

Rows, scores and costs are read from the store: no model is called, and the stored run is not changed.
"""

Outputs = Annotated[
    list[Path] | None,
    typer.Option("-o", "--output", help="Also write FILE: .json .jsonl .csv .xml .md; repeatable."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the run as JSON on standard output.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print only the last lines.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Print all metrics, slices and tables.")]


def register(app: typer.Typer) -> None:
    app.command("gate", epilog=EPILOG)(verb(gate))


def gate(
    run: RunName,
    inconclusive: Inconclusive = InconclusiveAction.warn,
    outputs: Outputs = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Decide a stored run again under the gates that its suites have now; no model is called."""
    from prompteval.cli.output import check_output_paths, finish
    from prompteval.engine.regate import regate
    from prompteval.workspace.settings import find_workspace

    written = check_output_paths(outputs or [])
    view = regate(find_workspace(Path.cwd()), run, inconclusive_fails=inconclusive is InconclusiveAction.fail)
    return finish(view, written, as_json=as_json, quiet=quiet, verbose=verbose)
