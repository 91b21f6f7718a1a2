"""The visible text of an HTML page, and its title."""

import re
from typing import Any

from prompteval.core.errors import MissingExtra
from prompteval.rag.documents.plain import decoded

_HIDDEN = ("script", "style", "template", "noscript", "head", "svg", "iframe", "object")
# fmt: off
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "dialog", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hr", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead",
    "tr", "ul",
})
# fmt: on
_HEADINGS = ("h1", "h2", "h3")
_SPACE = re.compile(r"[ \t\r\n\f\v\xa0]+")


def read_html(data: bytes, path: str) -> tuple[str, str]:
    """(title, text). The title is that of <title>, else the first heading, else "".

    Blocks are parted by a blank line, rows and items by a line break, cells by " | "; white space
    is collapsed but in <pre>. Scripts, styles and other parts that are not shown are left out.
    Raises MissingExtra without selectolax.
    """
    try:
        from selectolax.lexbor import LexborHTMLParser
    except ModuleNotFoundError:
        raise MissingExtra("HTML documents", "rag") from None
    page: Any = LexborHTMLParser(decoded(data, path))
    named = (page.css_first(name) for name in ("title", *_HEADINGS))
    title = next(filter(None, map(_line, named)), "")
    page.strip_tags(list(_HIDDEN))
    writer = _Writer()
    if page.body is not None:
        writer.write(page.body)
    return title, writer.text()


def _line(node: Any) -> str:
    return "" if node is None else _SPACE.sub(" ", node.text(deep=True)).strip()


class _Writer:
    """Collects text and the breaks between blocks; of several breaks the largest stands."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._break = 0
        self._space = False

    def write(self, root: Any) -> None:
        """Walk without recursion, so that a page nested a hundred thousand deep is read too."""
        todo: list[tuple[Any, bool, bool]] = [(root, False, False)]
        while todo:
            node, kept, leaving = todo.pop()
            tag = node.tag
            if leaving:
                self._part(tag)
            elif node.is_text_node:
                self._put(node.text_content or "", kept)
            elif tag == "br":
                self._break = max(self._break, 1)
            elif tag in ("td", "th") and node.prev is not None and not self._break:
                self._cell()
            if not leaving and node.child is not None:
                self._part(tag)
                todo.append((node, kept, True))
                inside = _children(node)
                todo.extend((child, kept or tag == "pre", False) for child in reversed(inside))

    def text(self) -> str:
        return "".join(self._parts)

    def _part(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._break = max(self._break, 1 if tag in ("li", "tr", "dt", "dd", "tbody", "thead") else 2)

    def _cell(self) -> None:
        if self._parts and not self._parts[-1].endswith(" | "):
            self._parts.append(" | ")
            self._space = False

    def _put(self, text: str, kept: bool) -> None:
        if not kept:
            text = _SPACE.sub(" ", text)
            if not text.strip(" "):
                self._space = self._space or bool(text)
                return
        if self._parts and self._break:
            self._parts.append("\n" * self._break)
        elif self._parts and (self._space or text.startswith(" ")) and not self._parts[-1].endswith(" | "):
            self._parts.append(" ")
        self._break = 0
        self._space = not kept and text.endswith(" ")
        self._parts.append(text if kept else text.strip(" "))


def _children(node: Any) -> list[Any]:
    found, child = [], node.child
    while child is not None:
        found.append(child)
        child = child.next
    return found
