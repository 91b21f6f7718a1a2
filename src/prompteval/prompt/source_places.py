"""Where things are in a prompt's files: messages, their texts, the fields of its inputs."""

import ast
import re
from collections.abc import Iterator
from itertools import accumulate

from prompteval.workspace.python_source import parse_python

Place = tuple[int, int]  # line and column, both from 1
Span = tuple[int, int]  # offsets into the text, half-open

_CLOSING = {"{{": "}}", "{%": "%}"}


def place_at(text: str, offset: int) -> Place:
    """The line and column of an offset."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def find_variable(text: str, name: str, span: Span | None = None) -> int | None:
    """The offset of the first use of a template variable, inside markup only; None without one."""
    word = re.compile(rf"(?<![\w.'\"]){re.escape(name)}(?!\w)")
    for start, end in _markup(text, *(span or (0, len(text)))):
        found = word.search(text, start, end)
        if found is not None:
            return found.start()
    return None


def _markup(text: str, start: int, end: int) -> Iterator[Span]:
    """Each `{{ }}` and `{% %}` in its turn. One that is not closed is none, nor a later one of its kind."""
    places = {opening: text.find(opening, start, end) for opening in _CLOSING}
    while places := {opening: place for opening, place in places.items() if place >= 0}:
        opening = min(places, key=places.__getitem__)
        closing = text.find(_CLOSING[opening], places[opening] + 2, end)
        if closing < 0:
            del places[opening]
            continue
        yield places[opening], closing + 2
        places = {
            other: place if place >= closing + 2 else text.find(other, closing + 2, end)
            for other, place in places.items()
        }


def find_text(text: str, fragment: str, span: Span | None = None) -> int | None:
    """The offset of a fragment, None where it does not occur literally (an escape, a joined line)."""
    start, end = span or (0, len(text))
    found = text.find(fragment, start, end)
    return None if found < 0 else found


class ModuleSource:
    """A prompt's module as text, read once without running it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tree = parse_python(text)
        self._starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
        self._lines = text.split("\n")

    def message(self, index: int, count: int, text: str) -> Span:
        """Where message `index` of `count` is written: its text, else its call, else the prompt.

        A text that is put together elsewhere is looked for in the whole module.
        """
        element = self._element(index, count)
        for scope in (element, self._tree):
            for node in ast.walk(scope) if scope is not None else ():
                if isinstance(node, ast.Constant) and node.value == text and text:
                    return self._span(node)
        if element is not None:
            return self._span(element)
        call = next(self._calls(), None)
        return (0, 0) if call is None else self._span(call)

    def message_place(self, index: int, count: int, text: str) -> Place:
        """The line and column of what `message` finds."""
        return place_at(self.text, self.message(index, count, text)[0])

    def prompt(self) -> Place:
        """Where `Prompt(...)` is called; the first line when it is not called by that name."""
        call = next(self._calls(), None)
        return (1, 1) if call is None else self.place(call)

    def argument(self, keyword: str, key: str = "") -> Place:
        """Where an argument of `Prompt(...)` is written, or a key of the mapping that it is."""
        for call in self._calls():
            for found in (item.value for item in call.keywords if item.arg == keyword):
                for node in found.keys if isinstance(found, ast.Dict) else ():
                    if isinstance(node, ast.Constant) and node.value == key and key:
                        return self.place(node)
                return self.place(found)
        return self.prompt()

    def line_in(self, span: Span, line: int) -> Place:
        """The place of a line of a text, where the text is written over lines; else of its beginning."""
        place = place_at(self.text, span[0])
        written = self.text.count("\n", *span) + 1
        return place if line == 1 or line > written else (place[0] + line - 1, 1)

    def field(self, model: str, name: str) -> Place:
        """Where a field of a model class is declared, else the `inputs=` that names the class."""
        declared = self.declared(model, name)
        if declared is not None:
            return declared
        for call in self._calls():
            for keyword in call.keywords:
                if keyword.arg == "inputs":
                    return self.place(keyword.value)
        return (1, 1)

    def declared(self, model: str, name: str) -> Place | None:
        """Where a class declares a field; None where it does not."""
        for node in ast.walk(self._tree):
            if isinstance(node, ast.ClassDef) and node.name == model:
                for item in node.body:
                    if isinstance(item, ast.AnnAssign) and getattr(item.target, "id", None) == name:
                        return self.place(item)
        return None

    def place(self, node: ast.expr | ast.stmt) -> Place:
        """The line and column of a node, in characters."""
        return place_at(self.text, self._span(node)[0])

    def _calls(self) -> Iterator[ast.Call]:
        """Every `Prompt(...)` of the module."""
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
                if name == "Prompt":
                    yield node

    def _element(self, index: int, count: int) -> ast.expr | None:
        """The expression of one message, where `messages` is written as a list of them."""
        for call in self._calls():
            found = [item.value for item in call.keywords if item.arg == "messages"] + call.args[2:3]
            for value in found:
                items = value.elts if isinstance(value, ast.List | ast.Tuple) else []
                if len(items) == count and not any(isinstance(item, ast.Starred) for item in items):
                    return items[index]
        return None

    def _span(self, node: ast.expr | ast.stmt) -> Span:
        end = self._offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
        return self._offset(node.lineno, node.col_offset), end

    def _offset(self, line: int, byte: int) -> int:
        """ast counts columns in UTF-8 bytes."""
        head = self._lines[line - 1].encode("utf-8")[:byte]
        return self._starts[line - 1] + len(head.decode("utf-8"))
