"""The whole page of a run, in pieces."""

from collections.abc import Iterable, Iterator, Mapping
from html import escape

from prompteval.core.observation import Row
from prompteval.core.text import printable
from prompteval.report.exchanges import OpenExchanges, no_exchanges
from prompteval.report.page.assets import policy, script, style
from prompteval.report.page.blocks import Blocks, json_text
from prompteval.report.page.case_rows import Room, in_full, listed, raw_exchanges
from prompteval.report.page.document import rows_expected, run_json
from prompteval.report.thumbnails import PageImages
from prompteval.report.view import RunView

# Rows and characters of a block: one is read in a few milliseconds.
LISTED_ROWS, FULL_ROWS, BLOCK_SIZE = 500, 100, 1_000_000


def render(view: RunView) -> Iterator[str]:
    """A page that works from a file: data, style and script inside, and a policy that loads nothing else.

    Example: `prompteval run -o report.html`
    """
    yield from page_start(run_json(view), f"{view.verdict.value}: prompteval run {view.run_id}")
    columns = {(one.suite, one.prompt, one.model): place for place, one in enumerate(view.results)}
    rows = ((columns.get((row.suite, row.target, row.model), 0), row) for row in view.rows())
    images = PageImages(view.thumbnails)
    yield from row_blocks(rows, rows_expected(view), images, view.exchanges)
    yield PAGE_END


def page_start(document: Mapping[str, object], title: str) -> Iterator[str]:
    """Everything of a page but the blocks of its rows and its end."""
    head = document["head"]
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy()}">\n'
    yield '<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>{_safe(title)}</title>\n"
    yield f"<style>{style()}</style></head><body>\n"
    if isinstance(head, Mapping):
        yield f"<noscript><h1>{_safe(head['title'])}</h1>"
        yield f"<p>{_safe(head['word'])}: {_safe(head['sentence'])}</p>"
        yield "<p>The cases need JavaScript; the same run as .md or .json does not.</p></noscript>\n"
    yield f'<script type="application/json" data-page>{json_text(document)}</script>\n'
    yield f"<script>{script()}</script>\n"


PAGE_END = "</body></html>\n"


def row_blocks(
    rows: Iterable[tuple[int, Row]],
    expected: int,
    images: PageImages,
    exchanges: OpenExchanges = no_exchanges,
) -> Iterator[str]:
    """Rows with their columns in blocks, shortly, in full, and raw: no more than a block is held at once.

    `expected` is about how many there are; of more, less of each is kept.
    """
    room = Room.of(expected)
    short = Blocks("listed", LISTED_ROWS, BLOCK_SIZE)
    whole = Blocks("cases", FULL_ROWS, BLOCK_SIZE)
    raw = Blocks("exchanges", FULL_ROWS, BLOCK_SIZE)
    with exchanges() as exchanges_of:
        for column, row in rows:
            yield short.add(listed(row, column, room))
            yield whole.add(in_full(row, room, images))
            yield raw.add(raw_exchanges(exchanges_of(row), room))
    yield short.rest()
    yield whole.rest()
    yield raw.rest()


def _safe(text: object) -> str:
    return escape(printable(str(text)), quote=True)
