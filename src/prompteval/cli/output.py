"""Where a run's view goes: files by their ending, JSON or tables, and the last line."""

import os
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from prompteval.core.errors import UsageError
from prompteval.core.problem import did_you_mean
from prompteval.report.view import RunView

ENDINGS = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".csv": "csv",
    ".xml": "junit",
    ".md": "markdown",
    ".html": "html",
}


def check_output_paths(paths: Sequence[Path], endings: Collection[str] = tuple(ENDINGS)) -> list[Path]:
    """The paths, once it is sure that each can be written. Raises UsageError before any work."""
    for path in paths:
        if path.suffix not in endings:
            help = did_you_mean(path.suffix, endings)
            raise UsageError(f"-o {path}: the ending {path.suffix!r} names no format", help)
        if not path.parent.is_dir():
            raise UsageError(f"-o {path}: {path.parent} is no folder", "make it first")
        if path.is_dir():
            raise UsageError(f"-o {path}: it is a folder", "name a file")
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise UsageError(f"-o {path}: it cannot be written", "choose another place")
    return list(paths)


def write_report(view: RunView, path: Path) -> None:
    """Write one format to a file, in pieces."""
    from prompteval.core.registry import resolve

    write_pieces(path, resolve("prompteval.reporters", ENDINGS[path.suffix])(view))


def write_pieces(path: Path, pieces: Iterable[str]) -> None:
    """Write a text to a file. Raises UsageError where it cannot be written."""
    try:
        with path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            for piece in pieces:
                file.write(piece)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


def finish(
    view: RunView,
    paths: Sequence[Path],
    *,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    more: Mapping[str, Any] | None = None,
) -> int:
    """Print the run, write the files, say why the exit code is what it is, and return it.

    `more` are keys that the printed JSON has beside those of the run.
    """
    if as_json:
        from prompteval.report.json import render

        for piece in render(view, more):
            sys.stdout.write(piece)
    elif not quiet:
        show(view, verbose=verbose)
    for path in paths:
        write_report(view, path)
    if not as_json:
        print_last_lines(view)
    _github(view)
    return view.exit_code


def show(view: RunView, *, verbose: bool) -> None:
    """The tables, in the colours and width of this terminal."""
    from rich.console import Console

    from prompteval.report.terminal import show as show_tables

    width = None if sys.stdout.isatty() else 100
    show_tables(view, Console(width=width), verbose=verbose)


def print_last_lines(view: RunView) -> None:
    """The run's id, and the verdict with its reason."""
    from prompteval.core.text import printable

    sys.stdout.write(f"\nrun {view.run_id}\n")
    sys.stdout.write(f"{view.verdict.value}: {printable(view.reason)} (exit {view.exit_code})\n")


def _github(view: RunView) -> None:
    """Annotations and a job summary, where GitHub Actions runs this."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    from prompteval.report import github, markdown

    for piece in github.gates(view):
        sys.stderr.write(piece)
    job_summary(markdown.render(view))


def job_summary(pieces: Iterable[str]) -> None:
    """Add a text to the job's summary, where GitHub Actions runs this."""
    import os

    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if os.environ.get("GITHUB_ACTIONS") != "true" or not summary:
        return
    with Path(summary).open("a", encoding="utf-8", errors="backslashreplace") as file:
        for piece in pieces:
            file.write(piece)
