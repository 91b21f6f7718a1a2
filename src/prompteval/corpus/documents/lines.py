"""A corpus in one JSONL file: a line a document, of {id, title, text}; BEIR's rows are read as well."""

from collections.abc import Iterator
from typing import BinaryIO

from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Problem, did_you_mean
from prompteval.core.strict_json import json_type_name
from prompteval.workspace.jsonl import Note, read_jsonl
from prompteval.workspace.packed import PackedFault, unpacked
from prompteval.workspace.tree import Tree

KEYS = frozenset({"id", "title", "text"})
# As BEIR writes them: another name of the id, and what is not searched.
BEIR_KEYS = frozenset({"_id", "metadata"})


def read_lines(tree: Tree, path: str) -> Iterator[tuple[int, str, str, str]]:
    """(line, id, title, text) of each document, streamed; a packed file is unpacked.

    Raises InvalidInput at the first line that is not a JSON object, lacks `id` or `text`, or has
    another key: a corpus with a wrong shape is a mistake, not a bad document.
    """

    def refuse(line: int, col: int, code: str, message: str, help: str = "") -> None:
        raise InvalidInput([Problem(path, line, col, code, message, help)])

    try:
        yield from _documents(unpacked(tree.open(path)), path, refuse)
    except PackedFault as error:
        refuse(0, 0, "PE363", str(error), "pack it again, or split it")


def _documents(file: BinaryIO, path: str, refuse: Note) -> Iterator[tuple[int, str, str, str]]:
    for line, raw in read_jsonl(file, path, refuse):
        if not isinstance(raw, dict):
            refuse(line, 1, "PE362", f"a document must be an object, not {json_type_name(raw)}")
        unknown = next((key for key in raw if key not in KEYS | BEIR_KEYS), None)
        if unknown is not None:
            refuse(line, 1, "PE362", f"unknown key {unknown!r} in a document", did_you_mean(unknown, KEYS))
        if "id" in raw and "_id" in raw:
            refuse(line, 1, "PE362", "the document has id and _id", "keep one of them")
        id, title, text = raw.get("id", raw.get("_id")), raw.get("title"), raw.get("text")
        title = "" if title is None else title
        if isinstance(id, int) and not isinstance(id, bool):
            id = str(id)
        if not isinstance(id, str) or not id:
            refuse(line, 1, "PE362", "the document has no id", 'write "id": "..."')
        for name, value in (("title", title), ("text", text)):
            if not isinstance(value, str):
                refuse(line, 1, "PE362", f"the {name} of document {id!r} must be a string, not {value!r:.40}")
        yield line, id, title, text
