"""`prompteval monitor init`: a monitor file from a reference."""

from pathlib import Path
from typing import Annotated

import typer

from prompteval.cli import completion, printer
from prompteval.cli.ending import verb
from prompteval.cli.monitor_options import CONFIG_NAME, Prompt, Suite
from prompteval.cli.shared import within

EPILOG = """\
\b
Examples:
  prompteval monitor init last --per-day 5000
  prompteval monitor init week-34.jsonl -o evals/monitor.yaml
"""

Reference = Annotated[
    str,
    typer.Argument(help="A run, `baseline`, or an earlier log.", autocompletion=completion.runs),
]
PerDay = Annotated[
    int | None,
    typer.Option(
        "--per-day",
        help="Rows to expect a day. [default: those of the log, else 1,000]",
        callback=within("limit"),
    ),
]
Output = Annotated[Path, typer.Option("-o", "--output", help="The file to write.")]


def register(app: typer.Typer) -> None:
    app.command("init", epilog=EPILOG)(verb(init))


def init(
    reference: Reference,
    per_day: PerDay = None,
    prompt: Prompt = None,
    suite: Suite = None,
    output: Output = Path(CONFIG_NAME),
) -> int:
    """Write a monitor file with thresholds, and what each can and cannot detect at the expected traffic."""
    from functools import partial

    from prompteval.cli.output import write_pieces
    from prompteval.cli.paths import check_place
    from prompteval.core.errors import UsageError
    from prompteval.monitor.init import config_text
    from prompteval.workspace.settings import find_workspace

    check_place("-o", output)
    if output.exists():
        raise UsageError(f"-o {output}: already exists", "remove it, or name another file")
    workspace = partial(find_workspace, Path.cwd())
    text = config_text(reference, workspace, per_day=per_day, prompt=prompt or "", suite=suite or "")
    write_pieces(output, [text])
    printer.line(f"wrote {output}; `prompteval monitor check LOG --config {output}` reads it")
    return 0
