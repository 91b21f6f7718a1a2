"""`prompteval import`: another tool's evaluation as a workspace; what is not carried over is listed."""

from pathlib import Path
from typing import Annotated

import typer

from prompteval.cli import printer
from prompteval.cli.ending import verb
from prompteval.cli.problem_output import Style, check_style, print_problems

GROUP = "prompteval.importers"
EPILOG = """\
\b
Examples:
  prompteval import promptfoo promptfooconfig.yaml -o evaluation
  prompteval import inspect logs/2026-11-01_task.eval -o evaluation
  prompteval import beir scifact.zip -o retrieval

Formats: promptfoo, openai-evals, deepeval, ragas, inspect, langsmith, langfuse, braintrust, otlp, lm-eval,
beir, trec, csv. Exit codes: 0 everything was carried over, 3 something was not, which is listed.
"""

Format = Annotated[str, typer.Argument(metavar="FORMAT", help="What the file is; the formats are below.")]
File = Annotated[Path, typer.Argument(help="The file; for beir and trec a directory.")]
Output = Annotated[Path, typer.Option("-o", "--output", help="The directory of the workspace to write.")]


def register(app: typer.Typer) -> None:
    app.command("import", epilog=EPILOG)(verb(import_))


def import_(format: Format, file: File, output: Output, style: Style = "concise") -> int:
    """Write cases, suites, prompts and recorded outputs of another tool's file. Nothing of it is run."""
    from prompteval.core.errors import UsageError
    from prompteval.core.registry import resolve
    from prompteval.core.text import counted
    from prompteval.interchange.write import write_workspace

    check_style(style)
    read = resolve(GROUP, format)
    if not file.exists():
        raise UsageError(f"{file} does not exist", "paths start at the current directory")
    imported = read(file)
    if not any(suite.cases for suite in imported.suites):
        print_problems(imported.losses, style, Path.cwd())
        raise UsageError(f"{file} holds no case that can be read as {format}", "name the file that was meant")
    written = write_workspace(imported, output)
    print_problems(imported.losses, style, Path.cwd())
    for path in written:
        printer.stderr_line(f"wrote {output / path}")
    cases = sum(len(suite.cases) for suite in imported.suites)
    outputs = sum(len(suite.outputs) for suite in imported.suites)
    code = 3 if imported.losses else 0
    parts = [
        counted(len(imported.suites), "suite"),
        counted(cases, "case"),
        counted(outputs, "recorded output"),
    ]
    lost = f"{counted(len(imported.losses), 'entry').replace('entrys', 'entries')} not carried over"
    printer.stderr_line(f"next: cd {output} && prompteval check && prompteval run")
    printer.stderr_line(f"{', '.join(parts)}; {lost}; exit {code}")
    return code
