"""A corpus in one JSONL file: a line a document, of {id, title, text}; BEIR's rows are read as well."""

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Problem, did_you_mean
from prompteval.workspace.jsonl import read_jsonl
from prompteval.workspace.tree import Tree

KEYS = frozenset({"id", "title", "text"})
# As BEIR writes them: another name of the id, and what is not searched.
BEIR_KEYS = frozenset({"_id", "metadata"})
# A file of gigabytes may be packed into megabytes.
MOST_UNPACKED = 4_000_000_000


def read_lines(tree: Tree, path: str) -> Iterator[tuple[int, str, str, str]]:
    """(line, id, title, text) of each document, streamed; of a file that ends in .gz, unpacked.

    Raises InvalidInput at the first line that is not a JSON object, lacks `id` or `text`, or has
    another key: a corpus with a wrong shape is a mistake, not a bad document.
    """

    def refuse(line: int, col: int, code: str, message: str, help: str = "") -> None:
        raise InvalidInput([Problem(path, line, col, code, message, help)])

    for line, raw in read_jsonl(_opened(tree, path), path, refuse):
        if not isinstance(raw, dict):
            refuse(line, 1, "PE362", f"a document must be an object, not {type(raw).__name__}")
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


def _opened(tree: Tree, path: str) -> BinaryIO:
    if not path.lower().endswith(".gz"):
        return tree.open(path)
    return cast("BinaryIO", io.BufferedReader(_Unpacked(tree.open(path), path)))


class _Unpacked(io.RawIOBase):
    """The content of a gzip file. Reading raises InvalidInput where it is damaged or over the limit."""

    def __init__(self, packed: BinaryIO, path: str) -> None:
        self._file = gzip.GzipFile(fileobj=packed)
        self._packed = packed
        self._path = path
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any buffer
        try:
            found = self._file.read(len(buffer))
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidInput(
                [Problem(self._path, 0, 0, "PE363", f"the gzip file is damaged: {error}", "pack it again")]
            ) from None
        self._size += len(found)
        if self._size > MOST_UNPACKED:
            message = f"the gzip file unpacks to more than {MOST_UNPACKED:,} bytes"
            raise InvalidInput([Problem(self._path, 0, 0, "PE363", message, "split it")])
        buffer[: len(found)] = found
        return len(found)

    def close(self) -> None:
        self._packed.close()
        super().close()
