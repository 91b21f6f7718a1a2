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
