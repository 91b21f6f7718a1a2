"""Text and tables as HTML. Everything from outside goes through `safe`."""

from collections.abc import Iterator, Sequence
from html import escape

from prompteval.core.text import printable
from prompteval.report.table import Table


def safe(text: object) -> str:
    """Text that a page shows as it is, in an element or a quoted attribute.

    Control characters, lone surrogates, U+2028 and what turns the reading direction are spelt out.
    """
    return escape(printable(str(text)), quote=True)


def table(found: Table) -> Iterator[str]:
    """A table with its title; estimates are drawn, counts shaded."""
    if not found.rows:
        yield f"<p>{safe(found.title)}</p>\n"
        return
    yield '<div class="wide"><table>'
    if found.title:
        yield f"<caption>{safe(found.title)}</caption>"
    yield "<thead><tr>"
    for column, head in enumerate(_with_bar(found, found.heads, "")):
        yield f'<th scope="col"{_side(column, found.texts)}>{safe(head)}</th>'
    yield "</tr></thead><tbody>\n"
    for first, *rest in _html_rows(found):
        cells = (f"<td{_side(column, found.texts)}>{cell}</td>" for column, cell in enumerate(rest, 1))
        yield f'<tr><th scope="row" class="text">{first}</th>{"".join(cells)}</tr>\n'
    yield "</tbody></table></div>\n"


def _html_rows(found: Table) -> Iterator[list[str]]:
    """The cells of each row as HTML."""
    if found.counts:
        for (label, *_), counts in zip(found.rows, found.counts, strict=True):
            total = sum(counts)
            yield [safe(label), *(_shaded(count, total) for count in counts)]
    elif found.estimates:
        for row, e in zip(found.rows, found.estimates, strict=True):
            yield _with_bar(found, [safe(cell.strip()) for cell in row], bar(e.low, e.value, e.high))
    else:
        yield from ([safe(cell) for cell in row] for row in found.rows)


def _with_bar(found: Table, cells: Sequence[str], drawn: str) -> list[str]:
    """The cells, behind the value of an estimate what is drawn of it."""
    behind = found.texts + 1
    return [*cells[:behind], drawn, *cells[behind:]] if found.estimates else list(cells)


def _shaded(count: int, total: int) -> str:
    """A count, the darker the larger its share of the row."""
    return f'<span class="h{min(4, 1 + int(4 * count / total))}">{count}</span>' if count else "0"


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
