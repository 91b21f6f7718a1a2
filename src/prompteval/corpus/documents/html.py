"""The visible text of an HTML page, and its title."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from prompteval.core.errors import MissingExtra
from prompteval.corpus.documents.encoding import decode_page
from prompteval.corpus.documents.html_nodes import (
    BLOCKS,
    CELLS,
    SPACE,
    children,
    fits_a_line,
    little_text,
    shown_options,
    widest,
)
from prompteval.corpus.documents.html_spans import MOST_COLUMNS, MOST_ROWS, Allowance, Spans, span
from prompteval.corpus.documents.outcome import DocumentFault

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_HIDDEN = (
    "script", "style", "template", "noscript", "head", "svg", "iframe", "object", "canvas", "audio", "video",
    "datalist", "annotation", "annotation-xml", "rp", "rt",
)  # fmt: skip
_NOT_SHOWN = (
    "[hidden]", "dialog:not([open])", '[style*="display:none" i]', '[style*="display: none" i]',
    '[style*="visibility:hidden" i]', '[style*="visibility: hidden" i]',
)  # fmt: skip
# Of these an input shows no value.
_SILENT = frozenset({"hidden", "password", "checkbox", "radio", "file", "image", "color", "range"})
_HEADINGS = ("h1", "h2", "h3")
# Elements that hold nothing, or that the next of their kind ends, and so do not nest by themselves.
_FLAT = frozenset(
    {"area", "base", "br", "col", "dd", "dt", "hr", "img", "input", "li", "link", "meta", "option", "p",
     "source", "tbody", "td", "tfoot", "th", "thead", "tr", "track", "wbr"}
)  # fmt: skip
_ROW_GROUPS = frozenset({"thead", "tbody", "tfoot"})
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)[^>]*?(/?)>")
# The parser's time grows with the square of the depth: 0.04 s here, minutes at a hundred times this.
DEEPEST = 5_000


def read_html(data: bytes, path: str) -> tuple[str, str]:
    """(title, text). The title is that of <title>, else the first heading, else "".

    Blocks are parted by a blank line, rows and items by a line break, cells by " | "; white space
    is collapsed but in <pre>; an empty cell keeps its place. In a table of several columns the one
    paragraph, the list and the lines of a cell are on the line of its row; a cell with a heading or more
    paragraphs is blocks. A cell over several rows is repeated in each, and one over several columns leaves
    the others empty. Scripts, styles and other parts that are not shown are left out, of a drop-down all but
    the chosen option; values of inputs are text.
    Raises DocumentFault for a page nested deeper than DEEPEST, MemoryError for one whose elements do not
    fit, and MissingExtra without selectolax.
    """
    try:
        from selectolax.lexbor import LexborHTMLParser, SelectolaxError
    except ModuleNotFoundError:
        raise MissingExtra("reading HTML documents", "rag") from None
    source = decode_page(data, path)
    if _depth(source) > DEEPEST:
        raise DocumentFault("damaged", f"the page is nested deeper than {DEEPEST:,} elements")
    try:
        page = LexborHTMLParser(source)
    except SelectolaxError:  # there is no text that HTML does not allow, only one that is too much
        raise MemoryError("the page holds too many elements") from None
    head = _line(page.css_first("head > title"))
    page.strip_tags(list(_HIDDEN))
    for node in page.css(", ".join(_NOT_SHOWN)):
        if node.tag not in ("html", "body"):
            node.decompose()
    title = head or next(filter(None, (_line(page.css_first(name)) for name in _HEADINGS)), "")
    writer = _TextWriter(Allowance(len(source)))
    if page.body is not None:
        writer.write(page.body)
    return title, writer.text()


def _depth(source: str) -> int:
    """How deep tags are opened before they are closed, at most; near, since HTML closes some by itself."""
    depth = deepest = 0
    drawing = False
    # Up to the last ">" every tag that begins also ends, so that no character is looked at twice.
    for closing, name, empty in _TAG.findall(source[: source.rfind(">") + 1]):
        name = name.lower()
        if name == "svg":
            drawing = not closing
        if name in _FLAT or (empty and drawing):
            continue
        depth = max(0, depth - 1) if closing else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _line(node: "LexborNode | None") -> str:
    return "" if node is None else SPACE.sub(" ", node.text(deep=True)).strip()


class _TextWriter:
    """Collects text and the breaks between blocks; of several breaks the largest stands."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._tables: list[Spans] = []
        self._parts: list[str] = []
        self._break = 0
        self._space = False
        self._cells = 0  # borders of cells that wait for text
        self._row = False  # whether the row has text
        self._one_line = False  # whether the cell at hand is written on the line of its row

    def write(self, root: "LexborNode") -> None:
        """Walk without recursion, so that depth does not matter."""
        todo: list[tuple[LexborNode, bool, bool]] = [(root, False, False)]
        while todo:
            node, kept, leaving = todo.pop()
            tag = node.tag or ""
            if leaving:
                self._leave(tag)
                self._part(tag)
            elif node.is_text_node:
                self._put(node.text_content or "", kept)
            elif tag == "br":
                self._break_line(1)
            elif tag == "input":
                self._value(node)
            else:
                self._enter(node, tag)
            if not leaving and node.child is not None:
                self._part(tag)
                todo.append((node, kept, True))
                inside = shown_options(node) if tag == "select" else children(node)
                todo.extend((child, kept or tag == "pre", False) for child in reversed(inside))

    def text(self) -> str:
        return "".join(self._parts)

    def _part(self, tag: str) -> None:
        if tag in BLOCKS:
            self._break_line(1 if tag in ("li", "tr", "dt", "dd", "tbody", "thead") else 2)

    def _break_line(self, lines: int) -> None:
        if self._one_line:
            self._space = True
        else:
            self._break = max(self._break, lines)

    def _enter(self, node: "LexborNode", tag: str) -> None:
        """The beginning of a table or of a part of one; other elements begin without a trace."""
        if tag == "table":
            self._tables.append(Spans(widest(node), self._allowance))
        elif tag in _ROW_GROUPS and self._tables:
            self._tables[-1].begin_group()
        elif tag == "tr" and self._tables:
            self._cells, self._row = 0, False
            spans = self._tables[-1]
            spans.begin_row(shown=not spans.reach_down or little_text(node) != "")
        elif tag in CELLS and self._tables:
            self._begin_cell(node, self._tables[-1])
        if tag == "table" and node.child is None:
            self._tables.pop()

    def _begin_cell(self, node: "LexborNode", spans: Spans) -> None:
        self._repeat(spans.before_cell(), spans)
        self._cells += spans.column > 0
        columns, rows = (node.attributes.get(name) for name in ("colspan", "rowspan"))
        text = (little_text(node) or "") if rows else ""
        spans.cell(span(columns, MOST_COLUMNS), span(rows, MOST_ROWS), text)
        self._one_line = node.child is not None and spans.widest > 1 and fits_a_line(node)
        if node.child is None:
            self._cells += spans.places

    def _repeat(self, texts: Iterable[str], spans: Spans) -> None:
        """Cells that reach into this row from above."""
        for text in texts:
            self._cells += spans.column > 0
            if text:
                self._put(text, False)

    def _leave(self, tag: str) -> None:
        if tag == "table":
            self._tables.pop()
        elif tag in CELLS and self._tables:
            self._one_line = False
            self._cells += self._tables[-1].places
        elif tag == "tr" and self._tables:
            self._end_row(self._tables[-1])

    def _end_row(self, spans: Spans) -> None:
        """The empty cells at the end of a row that has text; a row without any is left out."""
        self._repeat(spans.rest(), spans)
        if self._row and self._cells:
            self._parts.append(" |" * self._cells)
        self._cells, self._row = 0, False

    def _value(self, node: "LexborNode") -> None:
        kind = (node.attributes.get("type") or "text").lower()
        value = node.attributes.get("value")
        if value and kind not in _SILENT:
            self._space = True
            self._put(value, False)
            self._space = True

    def _put(self, text: str, kept: bool) -> None:
        if not kept:
            text = SPACE.sub(" ", text)
            if not text.strip(" "):
                self._space = self._space or bool(text)
                return
        self._row = True
        if self._cells:
            if self._parts and self._break:
                self._parts.append("\n" * self._break)
            borders = "| " * self._cells
            self._parts.append(borders if self._break or not self._parts else f" {borders}")
            self._cells = 0
        elif self._parts and self._break:
            self._parts.append("\n" * self._break)
        elif self._parts and (self._space or text.startswith(" ")) and not self._parts[-1].endswith("| "):
            self._parts.append(" ")
        self._break = 0
        self._space = not kept and text.endswith(" ")
        self._parts.append(text if kept else text.strip(" "))
