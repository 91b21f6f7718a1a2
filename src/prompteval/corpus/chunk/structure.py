"""Where the parts of a Markdown text begin: sections by depth, blocks, rows and items."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prompteval.core.errors import MissingExtra

if TYPE_CHECKING:
    from markdown_it.token import Token

_NEW_LINE = re.compile(r"\r\n?|\n")
DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Structure:
    """Places in a Markdown text, each list ascending.

    `headings[d]` begin a section of depth d + 1 or less. `blocks` begin a block that is not the
    first under its heading, `rows` a table row, a list item or a line of code. `under_headings`
    are the (start, end) of what is first under its heading and no paragraph, such as a table.
    """

    headings: tuple[tuple[int, ...], ...]
    blocks: tuple[int, ...]
    under_headings: tuple[tuple[int, int], ...]
    rows: tuple[int, ...]


def structure_of(text: str) -> Structure:
    """The places by CommonMark with tables. Raises MissingExtra without markdown-it-py."""
    try:
        from markdown_it import MarkdownIt
    except ModuleNotFoundError:
        raise MissingExtra("the markdown chunker", "rag") from None
    tokens = MarkdownIt("commonmark").enable("table").disable("inline").parse(text)
    line_starts = [0, *(match.end() for match in _NEW_LINE.finditer(text))]
    headings: list[tuple[int, int]] = []
    blocks: list[int] = []
    under_headings: list[tuple[int, int]] = []
    rows: set[int] = set()
    behind_heading = False
    for token in tokens:
        if token.map is None or token.map[0] >= len(line_starts):
            continue
        rows.update(_rows(token, line_starts))
        if token.level > 0 or token.type == "inline":
            continue
        start, last = line_starts[token.map[0]], token.map[1]
        if not behind_heading:
            blocks.append(start)
        elif token.type not in ("paragraph_open", "heading_open"):
            under_headings.append((start, line_starts[last] if last < len(line_starts) else len(text)))
        behind_heading = token.type == "heading_open"
        if behind_heading:
            headings.append((int(token.tag[1:]), start))
    by_depth = tuple(
        tuple(start for depth, start in headings if depth <= limit) for limit in range(1, DEEPEST + 1)
    )
    return Structure(by_depth, tuple(blocks), tuple(under_headings), tuple(sorted(rows)))


def _rows(token: "Token", line_starts: list[int]) -> list[int]:
    """Where the rows, items or lines of one block begin."""
    first, last = token.map or (0, 0)
    if token.type in ("table_open", "fence", "code_block", "html_block"):
        return line_starts[first:last]
    return [line_starts[first]] if token.type == "list_item_open" else []
