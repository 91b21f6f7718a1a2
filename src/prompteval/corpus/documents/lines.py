"""A corpus in one JSONL file: a line a document, of {id, title, text}."""

from collections.abc import Iterator

from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Problem, did_you_mean
from prompteval.workspace.jsonl import read_jsonl
from prompteval.workspace.tree import Tree

KEYS = frozenset({"id", "title", "text"})


def read_lines(tree: Tree, path: str) -> Iterator[tuple[int, str, str, str]]:
    """(line, id, title, text) of each document, streamed.

    Raises InvalidInput at the first line that is no JSON object, lacks `id` or `text`, or has
    another key: a corpus with a wrong shape is a mistake, not a bad document.
    """

    def refuse(line: int, col: int, code: str, message: str, help: str = "") -> None:
        raise InvalidInput([Problem(path, line, col, code, message, help)])

    for line, raw in read_jsonl(tree.open(path), path, refuse):
        if not isinstance(raw, dict):
            refuse(line, 1, "PE362", f"a document is an object, not {type(raw).__name__}")
        unknown = next((key for key in raw if key not in KEYS), None)
        if unknown is not None:
            refuse(line, 1, "PE362", f"unknown key {unknown!r} in a document", did_you_mean(unknown, KEYS))
        id, title, text = raw.get("id"), raw.get("title", ""), raw.get("text")
        if isinstance(id, int) and not isinstance(id, bool):
            id = str(id)
        if not isinstance(id, str) or not id:
            refuse(line, 1, "PE362", "the document has no id", 'write "id": "..."')
        for name, value in (("title", title), ("text", text)):
            if not isinstance(value, str):
                refuse(line, 1, "PE362", f"the {name} of document {id!r} is a text, not {value!r:.40}")
        yield line, id, title, text
