"""Rules on prompts: PA101 written in code, PA102 in two places, PA103 user text in a system message."""

from collections.abc import Iterable, Iterator, Sequence

from prompteval.audit.findings import Finding
from prompteval.audit.prompts import PromptUse
from prompteval.audit.texts import Piece
from prompteval.core.problem import Problem

_SHOWN = 40


def prompt_findings(uses: Sequence[PromptUse]) -> Iterator[Finding]:
    """The findings on all prompts of a repository; those of tests are left out."""
    uses = [use for use in uses if not use.call.module.is_test]
    yield from _in_code(uses)
    yield from _in_two_places(uses)
    yield from _in_system_messages(uses)


def by_place(uses: Iterable[PromptUse]) -> dict[tuple[str, int, int], PromptUse]:
    """The first use of each text by the place where it is written."""
    found: dict[tuple[str, int, int], PromptUse] = {}
    for use in uses:
        place = use.text.place
        found.setdefault((place.path, place.line, place.column), use)
    return found


def shown(text: str) -> str:
    """The beginning of a text on one line."""
    line = " ".join(text.split())
    return repr(line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…")


def _in_code(uses: Iterable[PromptUse]) -> Iterator[Finding]:
    for use in by_place(uses).values():
        through = f" through {use.wrapper}()" if use.wrapper else ""
        message = f"prompt in code: {shown(use.text.literal)} reaches {use.call.label}{through}"
        help = "move it to prompts/<name>/v1.py, where it has a version and tests"
        yield _finding("PA101", use, message, help)


def _in_two_places(uses: Iterable[PromptUse]) -> Iterator[Finding]:
    first: dict[str, PromptUse] = {}
    for use in by_place(uses).values():
        words = " ".join(use.text.literal.split())
        if len(words.split()) < 3:
            continue
        other = first.setdefault(words, use)
        if other is not use:
            place = other.text.place
            message = f"the same prompt is at {place.path}:{place.line}: {shown(words)}"
            yield _finding("PA102", use, message, "keep one, and use it in both places")


def _in_system_messages(uses: Iterable[PromptUse]) -> Iterator[Finding]:
    known: set[tuple[str, int, int]] = set()
    for use in uses:
        place = use.text.place
        key = place.path, place.line, place.column
        open_holes = [hole for hole in use.text.holes if not hole.chosen]
        if use.role != "system" or use.call.sink.library == "crewai" or not open_holes or key in known:
            continue
        known.add(key)
        names = ", ".join(dict.fromkeys(hole.text for hole in open_holes[:3]))
        message = f"{names} is formatted into a system message"
        help = "give what users write in a user message, which the model does not take for instructions"
        yield _finding("PA103", use, message, help, open_holes[0])


def _finding(code: str, use: PromptUse, message: str, help: str, place: Piece | None = None) -> Finding:
    place = place or use.text.place
    problem = Problem(place.path, place.line, place.column, code, message, help, "warning")
    last = max(piece.last_line for piece in use.text.pieces if piece.path == place.path)
    return Finding(problem, max(last, place.last_line), use.text.literal)
