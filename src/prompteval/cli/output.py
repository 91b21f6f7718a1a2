"""Where a run's view goes: files by their ending, JSON or tables, and the last line."""

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from prompteval.cli import printer
from prompteval.cli.uncaught import record_uncaught
from prompteval.core.errors import PromptevalError, UsageError
from prompteval.core.exit_codes import PASS, deciding
from prompteval.core.problem import did_you_mean
from prompteval.report.failing import failing_cases
from prompteval.report.view import RunView

REPORTERS = "prompteval.reporters"
ENDINGS = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".csv": "csv",
    ".xml": "junit",
    ".md": "markdown",
    ".html": "html",
}


def check_output_paths(
    paths: Sequence[Path],
    endings: Collection[str] | None = None,
    *,
    suites: Sequence[str] = (),
    models: Sequence[str] = (),
) -> list[Path]:
    """The paths, once it is sure that each can be written. Raises UsageError before any work.

    Over a file that `suites` or `models` name none is written. `endings` are those that the verb writes; by
    default the formats of a run, those of plug-ins too.
    """
    from prompteval.cli.paths import check_place

    endings = formats() if endings is None and paths else endings or ()
    for path in paths:
        if path.suffix not in endings:
            help = did_you_mean(path.suffix, endings)
            raise UsageError(f"-o {path}: unsupported file extension {path.suffix!r}", help)
        check_place("-o", path, suites, models)
    return list(paths)


def refuse_same_file(named: Mapping[str, Path | None], outputs: Sequence[Path]) -> None:
    """Raise UsageError where two options name one file, which the second would write over."""
    options = [*((name, path) for name, path in named.items() if path is not None)]
    seen: dict[Path, str] = {}
    for name, path in [*options, *(("-o", path) for path in outputs)]:
        other = seen.setdefault(path.resolve(), name)
        if other != name:
            raise UsageError(f"{name} {path}: {other} is the same file", "name another")


def formats() -> dict[str, str]:
    """Ending to reporter; that of a plug-in has its own name as its ending. Raises UsageError for a clash."""
    from prompteval.core.registry import is_built_in, table

    found = dict(ENDINGS)
    for name in table(REPORTERS):
        if not is_built_in(REPORTERS, name) and found.setdefault(f".{name}", name) != name:
            raise UsageError(
                f"a plug-in registers the reporter {name!r}, and .{name} is a format already", "uninstall it"
            )
    return found


def write_report(view: RunView, path: Path) -> None:
    """Write one format to a file, in pieces. Raises UsageError for a plug-in that fails."""
    from prompteval.core.registry import blaming, resolve

    name = formats()[path.suffix]
    render = resolve(REPORTERS, name)
    with blaming(REPORTERS, name):
        made = render(view)
        write_pieces(path, (made,) if isinstance(made, str) else made)


def write_pieces(path: Path, pieces: Iterable[str]) -> None:
    """Write a text to a file, whole or not at all. Raises UsageError where it cannot be written."""
    from prompteval.cli.paths import bounds
    from prompteval.workspace.writing import write_whole

    try:
        encoded = (piece.encode("utf-8", "backslashreplace") for piece in pieces)
        write_whole(path, encoded, within=bounds(path))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


def write_files(paths: Sequence[Path], write: Callable[[Path], None]) -> int:
    """Write each file, and continue where one fails; 0, or the code of what failed.

    A file that cannot be written is reported at once, a crash once the verb has ended.
    """
    codes = [PASS]
    for path in paths:
        try:
            write(path)
        except PromptevalError as error:
            printer.stderr_line(f"error: {error}")
            codes.append(error.exit_code)
        except Exception as error:
            record_uncaught(error)
    return deciding(codes)


def finish(
    view: RunView,
    paths: Sequence[Path],
    *,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    more: Mapping[str, object] | None = None,
) -> int:
    """Write the files, print the run, say why the exit code is what it is, and return it.

    `more` are keys that the printed JSON has beside those of the run.
    """
    written = write_files(paths, lambda path: write_report(view, path))
    if as_json:
        from prompteval.report.json import render

        printer.exact(render(view, more))
    elif not quiet:
        show(view, verbose=verbose)
    if not as_json:
        if view.exit_code and not quiet:
            for piece in failing_cases(view):
                printer.show(piece)
        print_last_lines(view)
    _github(view)
    return last_code(view.exit_code, written)


def last_code(verdict: int, written: int) -> int:
    """The code that decides, of the verdict's and that of the files; printed where it is the files'."""
    code = deciding((verdict, written))
    if code != verdict:
        printer.stderr_line(f"exit {code}: not every file of -o could be written")
    return code


def show(view: RunView, *, verbose: bool) -> None:
    """The tables, in the colours and width of this terminal."""
    from prompteval.report.terminal import show as show_tables

    show_tables(view, printer.console(100), verbose=verbose)


def print_last_lines(view: RunView) -> None:
    """The run's id, and the verdict with its reason."""
    printer.show(f"\nrun {view.run_id}\n")
    printer.line(view.last_line)


def _github(view: RunView) -> None:
    """Annotations and a job summary, where GitHub Actions runs this."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    from prompteval.report import github, markdown

    printer.annotations(github.gates(view), to_output=False)
    job_summary(markdown.render(view))


def job_summary(pieces: Iterable[str]) -> None:
    """Add a text to the job's summary, where GitHub Actions runs this. What fails here changes no verdict."""
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if os.environ.get("GITHUB_ACTIONS") != "true" or not summary:
        return
    try:
        with Path(summary).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(pieces)
    except OSError as error:
        printer.stderr_line(f"warning: the job summary was not written: {error.strerror}")
