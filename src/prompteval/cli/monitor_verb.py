"""`prompteval monitor`: logged predictions beside a reference."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prompteval.cli import monitor_cases, monitor_init, monitor_watch, printer
from prompteval.cli.ending import verb
from prompteval.cli.monitor_options import (
    Config,
    Last,
    Log,
    Prompt,
    Reference,
    Suite,
    WindowText,
    config_of,
    window_asked,
)

if TYPE_CHECKING:
    from prompteval.report.monitoring.view import MonitorView

ENDINGS = (".json", ".md", ".html", ".prom")
CHECK_EPILOG = """\
\b
Examples:
  prompteval monitor check predictions.jsonl --reference baseline --window 24h
  prompteval monitor check predictions.jsonl --reference last -o drift.html
  prompteval monitor check 'logs/p.jsonl.*' --reference week-34.jsonl --last 20000 --json

Exit codes: 0 quiet, 1 alert, 2 wrong input, 3 too few rows for a signal that was asked for.
"""

app = typer.Typer(
    help="Compare logged predictions with a reference, and alert where they drift.",
    epilog="Example: prompteval monitor check predictions.jsonl",
    no_args_is_help=True,
    rich_markup_mode=None,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
Outputs = Annotated[
    list[Path] | None, typer.Option("-o", "--output", help="FILE: .json .md .html .prom. Repeatable.")
]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Show quiet slices and shares too.")]


def register(parent: typer.Typer) -> None:
    app.command("check", epilog=CHECK_EPILOG)(verb(check))
    monitor_watch.register(app)
    monitor_init.register(app)
    monitor_cases.register(app)
    parent.add_typer(app, name="monitor")


def check(  # noqa: PLR0913 - the options of a verb
    log: Log,
    reference: Reference = None,
    window: WindowText = None,
    last: Last = None,
    config: Config = None,
    prompt: Prompt = None,
    suite: Suite = None,
    outputs: Outputs = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> int:
    """Compare a log's predictions, inputs, latency, errors and feedback with a reference, once.

    A signal alerts when the 95 % interval of its effect lies beyond its threshold, and the p value survives
    Holm's correction over all signals. Without a monitor file predictions, lengths of inputs and errors are
    checked.
    """
    from functools import partial

    from prompteval.cli.output import check_output_paths, last_code, write_files
    from prompteval.monitor.check import check_log
    from prompteval.report.monitoring.cells import last_line
    from prompteval.report.monitoring.json import document
    from prompteval.report.monitoring.terminal import show
    from prompteval.workspace.settings import find_workspace

    written = check_output_paths(outputs or [], ENDINGS)
    asked = window_asked(window, last)
    found = config_of(config, prompt, suite)
    workspace = partial(find_workspace, Path.cwd())
    view = check_log(log, reference or found.file.reference or None, found, workspace, asked)
    failed = write_files(written, lambda path: _write(view, path))
    if as_json:
        printer.document(document(view))
    else:
        show(view, printer.console(120), verbose=verbose)
        printer.line(last_line(view))
    return last_code(view.exit_code, failed)


def _write(view: "MonitorView", path: Path) -> None:
    import json

    from prompteval.cli.output import write_pieces
    from prompteval.report.monitoring import markdown, page, prometheus
    from prompteval.report.monitoring.json import document

    if path.suffix == ".json":
        write_pieces(path, [json.dumps(document(view), indent=2) + "\n"])
    else:
        write_pieces(path, {".md": markdown, ".html": page, ".prom": prometheus}[path.suffix].render(view))
    printer.stderr_line(f"wrote {path}")
