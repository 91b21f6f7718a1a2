"""YAML by the 1.2 core schema, with the place of every node, and bounds on what a file may cost.

`no`, `on` and `12:30` are strings; `010` is ten; duplicate keys, unknown tags, NaN, deep
nesting and alias bombs are errors. https://yaml.org/spec/1.2.2/#103-core-schema
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Problem

MAX_BYTES = 20_000_000
MAX_DEPTH = 100
MAX_NODES = 1_000_000
MAX_KEYS = 10_000  # of one mapping: nobody writes more by hand
MAX_STEPS = 12_000_000  # of all nodes from the root: each is kept with the way that leads to it
MAX_DIGITS = 3_000  # Python writes out no integer of more than 4,300, and a digit of base 16 is 1.2 of them

# Not YAML 1.2 itself, and written and read everywhere all the same.
MERGE = "<<"
Pointer = tuple[str | int, ...]
Place = tuple[int, int]
_Scalar = str | int | float | None
_Collection = dict[object, object] | list[object]

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGERS = (
    (10, re.compile(r"[-+]?[0-9]+\Z")),
    (8, re.compile(r"0o[0-7]+\Z")),
    (16, re.compile(r"0x[0-9a-fA-F]+\Z")),
)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_NUMBER_STARTS = frozenset("-+.0123456789")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")
_TAG = "tag:yaml.org,2002:"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Line breaks in YAML 1.1, which the parser reads, and ordinary characters in 1.2 (5.4).
_OLD_BREAKS = "\x85\u2028\u2029"


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """A YAML document: its value, and where each value and each key stands (from 1)."""

    value: Any
    marks: Mapping[Pointer, Place]
    keys: Mapping[Pointer, Place]

    def place(self, pointer: Pointer) -> Place:
        """Line and column of the value at `pointer`, or of its nearest ancestor."""
        for length in range(len(pointer), -1, -1):
            if pointer[:length] in self.marks:
                return self.marks[pointer[:length]]
        return (1, 1)

    def key_place(self, pointer: Pointer) -> Place:
        """Line and column of the key that leads to `pointer`, else of the value."""
        return self.keys.get(pointer) or self.place(pointer)

    def place_of(self, pointer: Pointer, at_key: bool) -> Place:
        """The one or the other."""
        return self.key_place(pointer) if at_key else self.place(pointer)


def parse(text: str, path: str) -> YamlDocument:
    """The one document of `text`. Empty text is the value None.

    Raises InvalidInput at the line and column of what is wrong.
    """
    if len(text) > MAX_BYTES:
        message = f"{len(text):,} characters of YAML, the limit is {MAX_BYTES:,}"
        raise InvalidInput([Problem(path, 1, 1, "PE105", message, "put large case sets into JSONL")])
    replaced, originals = _without_old_breaks(text)
    builder = _Builder(path, originals)
    try:
        return builder.document(yaml.parse(replaced, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        last = text.count("\n") + 1
        if place[0] > last:  # the end of a file without a last new line
            place = (last, len(text) - text.rfind("\n"))
        reason = " ".join(part for part in (error.context, error.problem) if part)
        raise InvalidInput([Problem(path, *place, "PE106", f"not YAML: {reason}")]) from None
    except yaml.reader.ReaderError:
        raise InvalidInput([_forbidden(text, path)]) from None


def _without_old_breaks(text: str) -> tuple[str, dict[int, str]]:
    """(the text with private-use characters in place of _OLD_BREAKS, which of them stands for which)."""
    found = [one for one in _OLD_BREAKS if one in text]
    if not found:
        return text, {}
    taken = set(text)
    free = (code for code in range(0xF0000, 0xFFFFE) if chr(code) not in taken)
    originals = dict(zip(free, found, strict=False))
    return text.translate({ord(one): code for code, one in originals.items()}), originals


def _forbidden(text: str, path: str) -> Problem:
    """The first character that YAML does not allow. The parser's own place counts bytes."""
    found = yaml.reader.Reader.NON_PRINTABLE.search(text)
    offset = found.start() if found else 0
    line, column = text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
    message = f"not YAML: the character U+{ord(text[offset]):04X} is not allowed"
    return Problem(path, line, column, "PE106", message, "remove it, or write an escape in double quotes")


class _Builder:
    """Builds values from the parser's events, without recursion and within bounds."""

    def __init__(self, path: str, originals: Mapping[int, str]) -> None:
        """`originals` are the characters of scalars that stand for others, as `str.translate` takes them."""
        self._path = path
        self._originals = originals
        self._marks: dict[Pointer, Place] = {}
        self._keys: dict[Pointer, Place] = {}
        self._anchors: dict[str, tuple[object, int]] = {}
        self._nodes = 0
        self._steps = 0
        self._stack: list[_OpenCollection] = []
        self._root: object = None
        self._documents = 0

    def document(self, events: Iterator[yaml.Event]) -> YamlDocument:
        for event in events:
            if isinstance(event, yaml.ScalarEvent):
                if self._originals:
                    event.value = event.value.translate(self._originals)
                self._put(self._scalar(event), event, 1)
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._open(event, {} if isinstance(event, yaml.MappingStartEvent) else [])
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close()
            elif isinstance(event, yaml.DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    self._refuse(event, "PE107", "a second document begins", "keep one document in a file")
        return YamlDocument(self._root, self._marks, self._keys)

    def _open(self, event: yaml.CollectionStartEvent, value: _Collection) -> None:
        if len(self._stack) >= MAX_DEPTH:
            self._refuse(event, "PE108", f"nested deeper than {MAX_DEPTH} levels")
        wanted = _TAG + ("map" if isinstance(value, dict) else "seq")
        if event.tag not in (None, "!", wanted):
            self._refuse(event, "PE109", f"tag {_tag_name(event.tag)} is not allowed here")
        if self._stack and self._stack[-1].wants_key():
            self._refuse(event, "PE110", "a key must be plain text")
        pointer = self._stack[-1].pointer() if self._stack else ()
        self._marks[pointer] = _place(event)
        self._stack.append(_OpenCollection(value, pointer, event, self._nodes))

    def _close(self) -> None:
        done = self._stack.pop()
        if done.merge is not None and isinstance(done.value, dict):
            self._merge(done.value, done.place, done.merge)
        size = self._nodes - done.nodes_before + 1
        self._put(done.value, done.event, size, marked=True)

    def _merge(self, value: dict[object, object], place: Pointer, merge: yaml.ScalarEvent) -> None:
        """The keys of the mappings behind a plain `<<`, for those that the mapping does not set itself."""
        given, at = value.pop(MERGE), self._keys.pop((*place, MERGE))
        sources = given if isinstance(given, list) else [given]
        for source in sources:
            if not isinstance(source, dict):
                self._refuse(merge, "PE110", "<< merges a mapping or a list of mappings", 'quote it: "<<"')
            for key, merged in source.items():
                if key not in value:
                    if len(value) >= MAX_KEYS:
                        self._refuse(merge, "PE111", f"more than {MAX_KEYS:,} keys in one mapping")
                    value[key] = merged
                    self._keys.setdefault((*place, key), at)
                    self._marks.setdefault((*place, key), at)
                    self._steps += 1

    def _alias(self, event: yaml.AliasEvent) -> None:
        if event.anchor is None or event.anchor not in self._anchors:
            self._refuse(event, "PE106", f"alias *{event.anchor} has no anchor before it")
        value, size = self._anchors[event.anchor]
        if self._stack and self._stack[-1].wants_key():
            self._refuse(event, "PE110", "a key must be plain text")
        self._nodes += size - 1
        self._put(value, event, size)

    def _put(self, value: object, event: yaml.NodeEvent, size: int, *, marked: bool = False) -> None:
        self._nodes += 1
        self._steps += len(self._stack)
        if self._nodes > MAX_NODES or self._steps > MAX_STEPS:
            message = f"more than {MAX_NODES:,} nodes, aliases counted in full"
            if self._nodes <= MAX_NODES:
                message = "too many nodes for how deeply they are nested"
            self._refuse(event, "PE111", message, "put large case sets into JSONL")
        if event.anchor and not isinstance(event, yaml.AliasEvent):
            self._anchors[event.anchor] = (value, size)
        if not self._stack:
            self._root = value
            self._marks.setdefault((), _place(event))
            return
        parent = self._stack[-1]
        if isinstance(event, yaml.ScalarEvent) and parent.wants_key():
            self._key(parent, event)
            return
        if not marked:
            self._marks[parent.pointer()] = _place(event)
        parent.take(value)

    def _key(self, parent: "_OpenCollection", event: yaml.ScalarEvent) -> None:
        key = event.value
        pointer = (*parent.place, key)
        if len(parent.value) >= MAX_KEYS:
            self._refuse(event, "PE111", f"more than {MAX_KEYS:,} keys in one mapping", "write a list")
        if key in parent.value:
            first = self._keys[pointer][0]
            self._refuse(event, "PE112", f"duplicate key {key!r}, first at line {first}")
        self._keys[pointer] = _place(event)
        parent.key = key
        if key == MERGE and not event.style and event.tag is None:
            parent.merge = event

    def _scalar(self, event: yaml.ScalarEvent) -> object:
        text, tag = event.value, event.tag
        if tag is None or tag == "!":
            plain = not event.style and tag is None and event.implicit[0]
            return self._plain(text, event) if plain else text
        if tag == _TAG + "str":
            return text
        value = self._plain(text, event)
        kinds = {"null": (type(None),), "bool": (bool,), "int": (int,), "float": (int, float)}
        kind = kinds.get(tag.removeprefix(_TAG)) if tag.startswith(_TAG) else None
        if kind is None:
            self._refuse(event, "PE109", f"tag {_tag_name(tag)} is not allowed", "only plain data is read")
        if type(value) not in kind:  # `true` is an int to Python
            self._refuse(event, "PE109", f"{text!r} is not a {_tag_name(tag)}")
        return float(value) if tag == _TAG + "float" and isinstance(value, int) else value

    def _plain(self, text: str, event: yaml.Event) -> _Scalar:
        if text in _NULL:
            return None
        if text in _BOOL:
            return _BOOL[text]
        if text[0] not in _NUMBER_STARTS:
            return text
        for base, integer in _INTEGERS:
            if integer.match(text):
                if len(text) > MAX_DIGITS:
                    message = f"an integer of more than {MAX_DIGITS:,} digits"
                    self._refuse(event, "PE113", message, "put it in quotes")
                return int(text, base)
        if _NOT_FINITE.match(text):
            self._refuse(
                event, "PE113", f"{text} is not a number that can be scored", "put it in quotes if it is text"
            )
        if _FLOAT.match(text):
            value = float(text)
            if value in (float("inf"), float("-inf")):
                self._refuse(event, "PE113", f"{text} is too large for a number")
            return value
        return text

    def _refuse(self, event: yaml.Event, code: str, message: str, help: str = "") -> NoReturn:
        raise InvalidInput([Problem(self._path, *_place(event), code, message, help)])


class _OpenCollection:
    """A mapping or sequence whose end has not come yet."""

    __slots__ = ("event", "key", "merge", "nodes_before", "place", "value")

    def __init__(
        self, value: _Collection, place: Pointer, event: yaml.CollectionStartEvent, nodes_before: int
    ) -> None:
        self.value = value
        self.place = place
        self.event = event
        self.nodes_before = nodes_before
        self.key: str | None = None
        self.merge: yaml.ScalarEvent | None = None  # the plain `<<` among the keys

    def wants_key(self) -> bool:
        return isinstance(self.value, dict) and self.key is None

    def pointer(self) -> Pointer:
        if isinstance(self.value, list):
            return (*self.place, len(self.value))
        return self.place if self.key is None else (*self.place, self.key)

    def take(self, value: object) -> None:
        if isinstance(self.value, dict):
            self.value[self.key] = value
            self.key = None
        else:
            self.value.append(value)


def _place(event: yaml.Event) -> Place:
    mark = event.start_mark
    return (1, 1) if mark is None else (mark.line + 1, mark.column + 1)


def _tag_name(tag: str) -> str:
    return "!!" + tag.removeprefix(_TAG) if tag.startswith(_TAG) else tag
