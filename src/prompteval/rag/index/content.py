"""What is indexed of a chunk, and the files an index is kept in: private, whole, checked by hash."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from prompteval.core.errors import UsageError
from prompteval.core.retrieval import Chunk
from prompteval.core.strict_json import loads
from prompteval.workspace.writing import replacing

META_FILE = "index.json"
REBUILD = "delete the directory to rebuild the index"


def indexed_text(chunk: Chunk) -> str:
    """What is indexed of a chunk: title, a space, and text."""
    return f"{chunk.title} {chunk.text}" if chunk.title else chunk.text


class ContentHash:
    """The fingerprint of indexed chunks in their order, fed one by one."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, name: str, text: str) -> None:
        """One chunk: its id and what is indexed of it."""
        for part in (name, text):
            data = part.encode("utf-8", "surrogatepass")
            self._digest.update(len(data).to_bytes(8, "little") + data)

    @property
    def text(self) -> str:
        return f"sha256:{self._digest.hexdigest()}"


def content_of(chunks: Iterable[Chunk]) -> str:
    """The fingerprint of what is indexed, in its order."""
    content = ContentHash()
    for chunk in chunks:
        content.add(chunk.id, indexed_text(chunk))
    return content.text


@dataclass(frozen=True)
class IndexedChunks:
    """The chunks of one chunking, and the fingerprint of what is indexed of them, made once."""

    chunks: Sequence[Chunk]

    @cached_property
    def content(self) -> str:
        """The fingerprint of what is indexed, in its order."""
        return content_of(self.chunks)


def write_private(path: Path, pieces: Iterable[bytes | memoryview]) -> str:
    """Write a file its owner alone may read, whole or not at all; the sha256 of its bytes."""
    digest = hashlib.sha256()
    with replacing(path, within=path.parent, private=True) as file:
        for piece in pieces:
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def read_meta(directory: Path) -> Any:  # noqa: ANN401 - a value of JSON
    """What is in an index's META_FILE. Raises UsageError where it cannot be read."""
    try:
        return loads((directory / META_FILE).read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(f"{directory / META_FILE}: cannot be read: {error}", REBUILD) from None


def read_checked(path: Path, sha256: str) -> bytes:
    """The bytes of a file. Raises UsageError where it cannot be read or has another hash."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}", REBUILD) from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise UsageError(f"{path}: is not the file that was written (its hash differs)", REBUILD)
    return data
