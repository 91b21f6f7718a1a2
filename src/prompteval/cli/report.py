"""`prompteval report`: one file of a stored run."""

from pathlib import Path
from typing import Annotated

import typer

from prompteval.cli import printer
from prompteval.cli.ending import verb
from prompteval.cli.shared import RunName

EPILOG = """\
\b
Examples:
  prompteval report last -o junit.xml
  prompteval report last -o rows.csv -o summary.md
"""

Outputs = Annotated[list[Path], typer.Option("-o", "--output", help="FILE: .json .jsonl .csv .xml .md .html")]


def register(app: typer.Typer) -> None:
    app.command("report", epilog=EPILOG)(verb(report))


def report(run: RunName, outputs: Outputs) -> int:
    """Write a stored run as JSON, JSONL, CSV, JUnit, Markdown or HTML, without running anything."""
    from prompteval.cli.output import check_output_paths, last_code, write_files, write_report
    from prompteval.engine.stored import stored_view
    from prompteval.workspace.settings import find_workspace

    written = check_output_paths(outputs)
    view = stored_view(find_workspace(Path.cwd()), run)

    def write(path: Path) -> None:
        write_report(view, path)
        printer.stderr_line(f"wrote {path}")

    return last_code(0, write_files(written, write))
