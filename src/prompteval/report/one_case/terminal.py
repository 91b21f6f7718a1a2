"""A case as text for a terminal."""

from collections.abc import Iterator

from prompteval.core.text import printable
from prompteval.report.case import with_reason
from prompteval.report.one_case.shapes import CaseView, Line, Part

# Of a line and of the words under it, unless all is asked for.
TEXT_SHOWN, WORDS_SHOWN = 1_200, 400
NAME, LABEL = 9, 32


def render_case(view: CaseView, *, verbose: bool = False) -> Iterator[str]:
    """Everything of a case; long passages and messages are cut, unless `verbose`."""
    head = f"{view.suite}  {view.target}  {view.model}  case {view.case_id}  replicate {view.replicate}"
    yield f"{printable(head)}\n"
    yield from _indented("verdict", with_reason(view.verdict, view.why))
    for part in view.parts:
        yield from _part(part, verbose=verbose)


def _part(part: Part, *, verbose: bool) -> Iterator[str]:
    if part.name:
        yield from _indented(part.name, part.text)
    width = min(max((len(line.label) for line in part.lines), default=0), LABEL)
    for line in part.lines:
        yield from _line(line, width, verbose=verbose)
    if part.left_out:
        yield f"  and {part.left_out:,} more\n"


def _line(line: Line, width: int, *, verbose: bool) -> Iterator[str]:
    marks = "".join(f"  {mark.word}" for mark in line.marks)
    label = f"  {line.label:<{width}}  " if width else "  "
    yield from _block(label, f"{_cut(line.text, TEXT_SHOWN, verbose=verbose)}{marks}")
    if line.words:
        yield from _block(" " * len(label), _cut(line.words, WORDS_SHOWN, verbose=verbose))


def _indented(name: str, text: str) -> Iterator[str]:
    yield from _block(f"{name:<{NAME}} ", text)


def _block(head: str, text: str) -> Iterator[str]:
    """A text behind a head, its further lines below its first."""
    first, *rest = printable(text).split("\n")
    yield f"{printable(head)}{first}".rstrip() + "\n"
    for line in rest:
        yield f"{' ' * len(head)}{line}".rstrip() + "\n"


def _cut(text: str, longest: int, *, verbose: bool) -> str:
    left_out = len(text) - longest
    return (
        text
        if verbose or left_out <= 0
        else f"{text[:longest]}… ({left_out:,} more characters; -v shows them)"
    )
