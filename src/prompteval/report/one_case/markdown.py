"""A case as a list in Markdown, each text on one line and cut."""

from collections.abc import Iterator

from prompteval.report.one_case.shapes import CaseView, Line, Part
from prompteval.report.plain_markdown import safe

# Of a text, of the lines of a part, and of the words under a line.
TEXT_SHOWN, LINES_SHOWN, WORDS_SHOWN = 400, 12, 200


def case_list(view: CaseView) -> Iterator[str]:
    """A heading and a list of the parts of a case."""
    where = " · ".join(safe(part) for part in (view.suite, view.target, view.model))
    yield f"#### {safe(view.case_id)} · {where}\n\n"
    for part in view.parts:
        yield from _part(part)
    yield "\n"


def _part(part: Part) -> Iterator[str]:
    text = _short(part.text, TEXT_SHOWN)
    yield f"- **{safe(part.name or 'and')}**{' ' if text else ''}{text}\n"
    yield from (_line(line) for line in part.lines[:LINES_SHOWN])
    more = len(part.lines) - LINES_SHOWN + part.left_out if len(part.lines) > LINES_SHOWN else part.left_out
    if more:
        yield f"  - and {more:,} more\n"


def _line(line: Line) -> str:
    marks = "".join(f" **{safe(mark.word)}**" for mark in line.marks)
    pieces = (safe(line.label[:WORDS_SHOWN]), _short(line.text, TEXT_SHOWN), _short(line.words, WORDS_SHOWN))
    head, text, words = pieces
    beside = f": {words}" if words else ""
    return f"  - {' '.join(piece for piece in (head, text) if piece)}{marks}{beside}\n"


def _short(text: str, longest: int) -> str:
    """A text on one line, with a note of what was left out."""
    left_out = len(text) - longest
    return safe(text) if left_out <= 0 else f"{safe(text[:longest])}… ({left_out:,} more characters)"
