"""What is read of the elements of a page before they are written as text."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

# fmt: off
BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "dialog", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hr", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead",
    "tr", "ul",
})
# fmt: on
CELLS = frozenset({"td", "th"})
SPACE = re.compile(r"[ \t\r\n\f\v\xa0]+")
# Of a cell or row whose text is read before it is written.
MOST_PARTS = 200
# A cell with one of these is written block by block.
_NEVER_ON_A_LINE = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "input", "pre", "select", "table"})
_LISTS = frozenset({"dl", "ol", "ul"})
_IN_LIST = -1


def little_text(node: "LexborNode") -> str | None:
    """The text of a node on one line; None where it has many parts, a table, or a value of a form to show."""
    parts: list[str] = []
    todo, seen = [node], 0
    while todo:
        part = todo.pop()
        seen += 1
        if seen > MOST_PARTS or part.tag in ("input", "select", "table"):
            return None
        if part.is_text_node:
            parts.append(part.text_content or "")
        elif part.tag == "br" or part.tag in BLOCKS or part.tag in CELLS:
            parts.append(" ")
        todo.extend(reversed(children(part)))
    return SPACE.sub(" ", "".join(parts)).strip()


def fits_a_line(cell: "LexborNode") -> bool:
    """Whether a cell is written on the line of its row: one without a heading and with one paragraph at most.

    A paragraph is a block with text of its own; lists have none. A cell of many parts does not fit.
    """
    first = cell.child
    if first is not None and first.is_text_node and first.next is None:
        return True
    paragraphs: set[int] = set()  # blocks by their number among the parts; 0 is the cell itself
    todo, seen = [(cell, 0)], 0
    while todo:
        part, block = todo.pop()
        seen += 1
        if seen > MOST_PARTS or part.tag in _NEVER_ON_A_LINE:
            return False
        if part.tag in _LISTS:
            block = _IN_LIST
        elif part.tag in BLOCKS and block != _IN_LIST:
            block = seen
        elif block > 0 and part.is_text_node and (part.text_content or "").strip():
            paragraphs.add(block)
        todo.extend((child, block) for child in children(part))
    return len(paragraphs) <= 1


def widest(table: "LexborNode") -> int:
    """The most cells that one row of a table has; rows of tables inside it are not its own."""
    parts = children(table)
    rows = [
        row for part in parts for row in ([part] if part.tag == "tr" else children(part)) if row.tag == "tr"
    ]
    return max((sum(cell.tag in CELLS for cell in children(row)) for row in rows), default=0)


def shown_options(node: "LexborNode") -> "list[LexborNode]":
    """What a list of options shows: all of it where several may be chosen, else the chosen or first one."""
    options = node.css("option")
    if "multiple" in node.attributes or not options:
        return children(node)
    chosen = [option for option in options if "selected" in option.attributes]
    return [chosen[-1] if chosen else options[0]]


def children(node: "LexborNode") -> "list[LexborNode]":
    found, child = [], node.child
    while child is not None:
        found.append(child)
        child = child.next
    return found
