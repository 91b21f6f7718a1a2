"""Text and tables as HTML. Everything from outside goes through `safe`."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from prompteval.core.text import printable

MAX_CHARACTERS = 4_000


def safe(text: object) -> str:
    """Text that a page shows as it is, in an element or a quoted attribute.

    Control characters, lone surrogates, U+2028 and what turns the reading direction are spelt out.
    """
    return escape(printable(str(text)), quote=True)


def clipped(text: str, longest: int = MAX_CHARACTERS) -> str:
    """`safe`, cut after so many characters with a word on what is missing."""
    if len(text) <= longest:
        return safe(text)
    return f'{safe(text[:longest])}<span class="cut">… {len(text):,} characters in all</span>'


def table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str = "", texts: int = 1
) -> Iterator[str]:
    """A table; heads are text, cells are HTML. The first `texts` columns stand left, the rest right."""
    yield '<div class="wide"><table>'
    if caption:
        yield f"<caption>{safe(caption)}</caption>"
    yield "<thead><tr>"
    for number, head in enumerate(heads):
        yield f'<th scope="col"{_side(number, texts)}>{safe(head)}</th>'
    yield "</tr></thead><tbody>\n"
    for first, *rest in rows:
        cells = (f"<td{_side(number, texts)}>{cell}</td>" for number, cell in enumerate(rest, 1))
        yield f'<tr><th scope="row" class="text">{first}</th>{"".join(cells)}</tr>\n'
    yield "</tbody></table></div>\n"


def _side(column: int, texts: int) -> str:
    return ' class="text"' if column < texts else ""


def bar(low: float | None, value: float | None, high: float | None) -> str:
    """An interval on the scale from 0 to 1 as a line with a dot; empty for what lies outside of it."""
    if value is None or not 0 <= value <= 1:
        return ""
    parts = ['<svg class="bar" viewBox="0 0 104 12" role="img" aria-hidden="true"><path d="M2 6H102"/>']
    if low is not None and high is not None:
        parts.append(f'<path class="ends" d="M{2 + 100 * max(low, 0):.1f} 6H{2 + 100 * min(high, 1):.1f}"/>')
    parts.append(f'<circle cx="{2 + 100 * value:.1f}" cy="6" r="3"/></svg>')
    return "".join(parts)
