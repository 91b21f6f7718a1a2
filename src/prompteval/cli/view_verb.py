"""`prompteval view`: stored and running runs as a page on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from prompteval.cli import completion, printer
from prompteval.cli.ending import verb
from prompteval.cli.shared import within

EPILOG = """\
\b
Examples:
  prompteval view                the runs of this workspace over time
  prompteval view last           the last run; one that is running fills as it goes
  prompteval view ../other --port 8123 --read-only

Only this machine can open it, and only with the address that is printed. Ctrl-C ends it.
"""

What = Annotated[
    str | None,
    typer.Argument(
        metavar="[RUN|DIR]", help="A run, or the directory of a workspace.", autocompletion=completion.runs
    ),
]
Port = Annotated[int, typer.Option("--port", help="Port; 0 takes a free one.", callback=within("port"))]
ReadOnly = Annotated[bool, typer.Option("--read-only", help="Write nothing: no labels either.")]


def register(app: typer.Typer) -> None:
    app.command("view", epilog=EPILOG)(verb(view))


def view(what: What = None, port: Port = 0, read_only: ReadOnly = False) -> int:
    """Look at runs, compare them, and label outputs, in a browser on this machine."""
    from prompteval.engine.stored import reading
    from prompteval.view.serve import serve_view
    from prompteval.workspace.settings import find_workspace

    directory = Path(what) if what is not None and _is_directory(what) else None
    workspace = find_workspace(directory or Path.cwd())
    run_id = ""
    if what is not None and directory is None:
        with reading(workspace) as store:
            run_id = store.run(what).run_id
    serve_view(workspace, run_id, port, read_only=read_only, listening=_listening)
    return 0


def _is_directory(text: str) -> bool:
    try:
        return bool(text) and Path(text).is_dir()
    except (OSError, ValueError):
        return False


def _listening(address: str) -> None:
    printer.line(address)
    printer.stderr_line("open this address in a browser; Ctrl-C ends it")
    printer.flush()  # a pipe would hold the address back until the end
