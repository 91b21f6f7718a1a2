"""`prompteval export`: rows of a run or cases of a file, for other tools."""

from pathlib import Path
from typing import Annotated

import typer

from prompteval.cli import completion, printer
from prompteval.cli.ending import verb

EPILOG = """\
\b
Examples:
  prompteval export last -o rows.parquet             needs: pip install "prompteval[export]"
  prompteval export datasets/support.jsonl -o support.csv

CSV and Parquet have dotted columns such as `inputs.message`; a list is its JSON text. Values are written as
they are: a spreadsheet may take a cell for a formula (`prompteval report -o x.csv` quotes those).
"""
Source = Annotated[
    str,
    typer.Argument(
        metavar="RUN|FILE",
        help="A run id, its first characters, `last`, or a .jsonl, .csv or .yaml file.",
        autocompletion=completion.runs,
    ),
]
Output = Annotated[Path, typer.Option("-o", "--output", help="FILE: .jsonl .csv .parquet")]


def register(app: typer.Typer) -> None:
    app.command("export", epilog=EPILOG)(verb(export))


def export(source: Source, output: Output) -> int:
    """Write the rows of a stored run, or the cases of a file, as JSONL, CSV or Parquet."""
    from prompteval.cli.output import check_output_paths
    from prompteval.cli.paths import bounds, check_file
    from prompteval.core.text import counted
    from prompteval.data.rows import ENDINGS as READ
    from prompteval.engine.data.export import ENDINGS, file_rows, run_rows
    from prompteval.engine.data.export import export as write
    from prompteval.workspace.settings import find_workspace

    check_output_paths([output], ENDINGS)
    file = Path(source) if source.endswith(READ) else None
    if file is not None:
        check_file("FILE", file)
    rows = run_rows(find_workspace(Path.cwd()), source) if file is None else file_rows(file)
    count = write(rows, file, output, within=bounds(output))
    printer.stderr_line(f"{counted(count, 'row')} written to {output}")
    return 0
