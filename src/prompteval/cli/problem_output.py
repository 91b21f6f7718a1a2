"""Problems of files on standard output, in the style that `--output-format` names."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from prompteval.cli import printer
from prompteval.core.problem import Problem

Style = Annotated[str, typer.Option("--output-format", help="concise, full, json, github or sarif.")]


def check_style(style: str) -> None:
    """Raises UsageError for a style that is not known, before any work."""
    from prompteval.core.errors import UsageError
    from prompteval.core.problem import did_you_mean
    from prompteval.report.problems import FORMATS

    if style not in FORMATS:
        raise UsageError(f"unknown --output-format {style!r}", did_you_mean(style, FORMATS))


def print_problems(problems: Sequence[Problem], style: str, root: Path, *, quoted: bool = True) -> None:
    """All problems; their paths are from `root`. Without `quoted` no line of a file is shown."""
    from prompteval.report.problems import render
    from prompteval.workspace.safe_paths import directory_in_repository

    def read_line(path: str, line: int) -> str | None:
        place = root / path
        if not quoted or not place.is_file():
            return None
        with place.open(encoding="utf-8", errors="backslashreplace") as file:
            return next((text for number, text in enumerate(file, 1) if number == line), None)

    pieces = render(problems, style, read_line, directory=directory_in_repository(root))
    if style == "github":
        printer.annotations(pieces, to_output=True)
    elif style in ("json", "sarif"):
        printer.exact(pieces)
    else:
        for piece in pieces:
            printer.show(piece)
