"""Problems in users' files: concise, full, JSON, GitHub annotations or SARIF."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace

from prompteval.core.problem import Problem
from prompteval.core.text import printable
from prompteval.report import github, sarif

FORMATS = ("concise", "full", "json", "github", "sarif")
ReadLine = Callable[[str, int], str | None]


def render(
    found: Sequence[Problem], style: str, read_line: ReadLine, *, directory: str = ""
) -> Iterator[str]:
    """All problems in one style. `read_line(path, line)` gives a source line for `full`.

    `directory` is where the workspace is in its repository: annotations and SARIF name paths from there.
    """
    if style in ("github", "sarif") and directory:
        found = [replace(problem, path=_from_repository(directory, problem.path)) for problem in found]
    if style == "json":
        yield json.dumps([asdict(problem) for problem in found], indent=2) + "\n"
    elif style == "github":
        yield from github.problems(found)
    elif style == "sarif":
        yield from sarif.render(found)
    else:
        for problem in found:
            yield printable(str(problem)) + "\n"
            if style == "full" and problem.line:
                yield from _source(problem, read_line)


def _from_repository(directory: str, path: str) -> str:
    """A file of the workspace by its path in the repository; any other path stays unchanged."""
    return path if path.startswith(("/", "-", "<")) or not path else f"{directory}/{path}"


def _source(problem: Problem, read_line: ReadLine) -> Iterator[str]:
    line = read_line(problem.path, problem.line)
    if line is None:
        return
    shown = printable(line.rstrip("\n").replace("\t", " "))[:160]
    number = str(problem.line)
    yield f"{' ' * len(number)} |\n{number} | {shown}\n"
    yield f"{' ' * len(number)} | {' ' * (max(problem.col, 1) - 1)}^\n"
