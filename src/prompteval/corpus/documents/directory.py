"""A directory or file of documents, read one by one; a bad one is an outcome and the rest continue."""

import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from prompteval.core.errors import InvalidInput
from prompteval.core.problem import Problem
from prompteval.core.retrieval import Document
from prompteval.corpus.documents.isolated import (
    BATCH_BYTES,
    BATCH_FILES,
    ENDINGS,
    RawFile,
    TitleAndText,
    read_isolated,
)
from prompteval.corpus.documents.lines import read_lines
from prompteval.corpus.documents.outcome import DocumentFault, FaultKind
from prompteval.corpus.documents.plain import read_markdown, read_text
from prompteval.workspace.tree import Tree

MAX_BYTES = 20_000_000
_READERS = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".txt": read_text,
}
LINES = (".jsonl", ".jsonl.gz")


@dataclass(frozen=True, slots=True)
class DocumentOutcome:
    """What became of one document. `path` is as the tree knows it, `line` of a JSONL file or 0."""

    id: str
    path: str
    status: Literal["loaded"] | FaultKind
    message: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Corpus:
    """The documents that could be read, in the order of their paths, and an outcome for each file."""

    documents: tuple[Document, ...]
    outcomes: tuple[DocumentOutcome, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Documents by status, `loaded` first, then by name; their sum is every document met."""
        found = Counter(outcome.status for outcome in self.outcomes)
        loaded = {"loaded": found.pop("loaded", 0)}
        return loaded | {str(status): found[status] for status in sorted(found)}

    @property
    def faults(self) -> tuple[DocumentOutcome, ...]:
        """The outcomes of what was not loaded."""
        return tuple(outcome for outcome in self.outcomes if outcome.status != "loaded")

    def by_id(self) -> Mapping[str, Document]:
        return {document.id: document for document in self.documents}


Read = tuple[DocumentOutcome, Document | None]


def load_corpus(tree: Tree, path: str, max_bytes: int = MAX_BYTES) -> Corpus:
    """Every document below a directory, or of one file, held in memory; see `read_corpus`."""
    documents, outcomes = [], []
    for outcome, document in read_corpus(tree, path, max_bytes):
        outcomes.append(outcome)
        if document is not None:
            documents.append(document)
    return Corpus(tuple(documents), tuple(outcomes))


def read_corpus(tree: Tree, path: str, max_bytes: int = MAX_BYTES) -> Iterator[Read]:
    """(outcome, document) one at a time; the document is None where there is none to use.

    Ids are paths below the directory; of a single file its name; in JSONL the `id` of the line. A
    file that is empty, over `max_bytes`, binary, encrypted, of an unknown kind, gone, outside the
    workspace or over its budget of time and memory is an outcome, and reading continues. Raises
    InvalidInput when there is nothing at `path`, when a JSONL line is malformed, and when two
    documents have one id.
    """
    seen: dict[str, tuple[str, int]] = {}
    for outcome, document in _read_all(tree, _files(tree, path), max_bytes):
        if document is not None:
            _refuse_double(seen, outcome)
        yield outcome, document


def _files(tree: Tree, path: str) -> Iterable[tuple[str, str]]:
    """(path in the tree, path below the corpus)."""
    if tree.exists(path):
        return [(path, posixpath.basename(path))]
    files = tree.list(path)
    if not files:
        message = "the directory has no documents"
        raise InvalidInput([Problem(path, 0, 0, "PE360", message, "a corpus is a directory or a file")])
    directory = posixpath.normpath(path)
    return [(file, posixpath.relpath(file, directory)) for file in files]


def _read_all(tree: Tree, files: Iterable[tuple[str, str]], max_bytes: int) -> Iterator[Read]:
    """Every file in its turn; neighbours that are parsed in the worker go there together."""
    batch: list[tuple[str, RawFile]] = []
    for path, name in files:
        ending = posixpath.splitext(path)[1].lower()
        if ending in ENDINGS:
            try:
                batch.append((name, RawFile(ending, path, _bytes(tree, path, max_bytes))))
            except DocumentFault as fault:
                yield from _parsed(batch)
                yield _result(path, name, fault)
            if len(batch) >= BATCH_FILES or sum(len(file.data) for _, file in batch) >= BATCH_BYTES:
                yield from _parsed(batch)
            continue
        yield from _parsed(batch)
        if path.lower().endswith(LINES):
            yield from _lines(tree, path, max_bytes)
        else:
            yield _result(path, name, _plain(tree, path, ending, max_bytes))
    yield from _parsed(batch)


def _parsed(batch: list[tuple[str, RawFile]]) -> Iterator[Read]:
    """What became of the files that wait; none waits after it."""
    waiting = list(batch)
    batch.clear()
    found = read_isolated([file for _, file in waiting])
    for (name, file), read in zip(waiting, found, strict=True):
        yield _result(file.path, name, read)


def _lines(tree: Tree, path: str, max_bytes: int) -> Iterator[Read]:
    for line, id, title, text in read_lines(tree, path):
        if not text.strip():
            yield DocumentOutcome(id, path, "empty", "the text is empty", line), None
        elif len(text) > max_bytes or len(text.encode("utf-8", "replace")) > max_bytes:
            yield DocumentOutcome(id, path, "too_large", f"over {max_bytes:,} bytes", line), None
        else:
            yield DocumentOutcome(id, path, "loaded", "", line), Document(id, text, title, path)


def _plain(tree: Tree, path: str, ending: str, max_bytes: int) -> TitleAndText | DocumentFault:
    """Text is decoded here: that takes time and memory in proportion to its size alone."""
    if ending not in _READERS:
        return DocumentFault("unsupported", f"no reader for {ending or 'a file without an ending'}")
    try:
        return _READERS[ending](_bytes(tree, path, max_bytes), path)
    except DocumentFault as fault:
        return fault


def _result(path: str, name: str, read: TitleAndText | DocumentFault) -> Read:
    if not isinstance(read, DocumentFault) and not read[1].strip():
        read = DocumentFault("empty", "the document has no text")
    if isinstance(read, DocumentFault):
        return DocumentOutcome(name, path, read.kind, str(read)), None
    return DocumentOutcome(name, path, "loaded"), Document(name, read[1], read[0], path)


def _bytes(tree: Tree, path: str, max_bytes: int) -> bytes:
    """The file, never more than one byte over the limit. Raises DocumentFault."""
    try:
        with tree.open(path) as file:
            data = file.read(max_bytes + 1)
    except InvalidInput as error:
        outside = error.problems[0].code == "PE114"
        raise DocumentFault("outside" if outside else "missing", error.problems[0].message) from None
    except OSError as error:
        raise DocumentFault("missing", f"could not be read: {error.strerror}") from None
    if not data:
        raise DocumentFault("empty", "the file is empty")
    if len(data) > max_bytes:
        raise DocumentFault("too_large", f"over {max_bytes:,} bytes")
    return data


def _refuse_double(seen: dict[str, tuple[str, int]], outcome: DocumentOutcome) -> None:
    if outcome.id in seen:
        path, line = seen[outcome.id]
        first = f"{path}:{line}" if line else path
        message = f"the document id {outcome.id!r} is taken by {first}"
        raise InvalidInput([Problem(outcome.path, outcome.line, 1, "PE361", message, "ids are unique")])
    seen[outcome.id] = (outcome.path, outcome.line)
