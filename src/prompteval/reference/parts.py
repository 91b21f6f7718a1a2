"""Models, parts of a retrieval pipeline, formats of reports and of other tools, from the registry."""

from collections.abc import Iterator
from dataclasses import dataclass

from prompteval.core.errors import PromptevalError
from prompteval.core.registry import resolve, table
from prompteval.reference.entry import Entry, Group, Option, Syntax, documented
from prompteval.reference.value import option_of
from prompteval.workspace.rag_options import PART_OPTIONS, SHARED_OPTIONS
from prompteval.workspace.validation import schema_of

_RAG = "rag:\n  corpus: ../datasets/<directory>\n  "


@dataclass(frozen=True, slots=True)
class _Part:
    """A group of the registry; `frame` is what is around an example."""

    title: str
    topic: str
    group: str
    kind: str
    frame: str
    syntax: Syntax = "yaml"


_PARTS = (
    _Part("Models", "models", "prompteval.providers", "kind of model", "models:\n  - {}"),
    _Part(
        "Chunkers", "chunkers", "prompteval.chunkers", "chunker", f"{_RAG}chunker: {{}}"
    ),
    _Part(
        "Retrievers", "retrievers", "prompteval.retrievers", "retriever", f"{_RAG}retriever: {{}}"
    ),
    _Part(
        "Rerankers", "rerankers", "prompteval.rerankers", "reranker", f"{_RAG}reranker: {{}}"
    ),
    _Part("Report formats", "reports", "prompteval.reporters", "report format", "{}", syntax="text"),
    _Part(
        "Formats of other tools", "imports", "prompteval.importers", "format of another tool",
        "prompteval import {} FILE -o DIR", syntax="text",
    ),
)  # fmt: skip


def part_groups() -> tuple[Group, ...]:
    """A group for each kind that a package may add to, but scorers and metrics."""
    return tuple(Group(part.title, part.topic, tuple(_entries(part))) for part in _PARTS)


def _entries(part: _Part) -> Iterator[Entry]:
    for name in table(part.group):
        try:
            found = resolve(part.group, name)
        except PromptevalError as error:  # a plug-in that cannot be imported
            yield Entry(name, part.kind, str(error))
            continue
        entry = Entry(name, part.kind, "", options=_options(part.kind, name))
        yield documented(entry, found, part.frame, part.syntax)


def _options(kind: str, name: str) -> tuple[Option, ...]:
    """Those of a part of a pipeline; empty for everything else."""
    model = PART_OPTIONS.get(kind, {}).get(name) or SHARED_OPTIONS.get(kind)
    if model is None:
        return ()
    properties = schema_of(model, name)["properties"]
    return tuple(option_of(key, value) for key, value in properties.items() if key != kind)
