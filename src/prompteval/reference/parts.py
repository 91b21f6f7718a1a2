"""Models, parts of a retrieval pipeline, formats of reports and of other tools, from the registry."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prompteval.core.errors import PromptevalError
from prompteval.core.registry import is_built_in, resolve, table
from prompteval.corpus.chunk.build import OPTIONS as CHUNKER_OPTIONS
from prompteval.corpus.chunk.chunkers import Whole
from prompteval.rag.options import RERANKER_DEPTH, RERANKER_OPTIONS, RETRIEVER_DEPTH, RETRIEVER_OPTIONS
from prompteval.reference.entry import Entry, Group, Option, Syntax, documented

Options = Mapping[str, str]
_RAG = "rag:\n  corpus: ../datasets/<directory>\n  "


def _none(name: str, found: object) -> Options:
    return {}


def _of_chunker(name: str, found: object) -> Options:
    ours = is_built_in("prompteval.chunkers", name) and found is not Whole
    return CHUNKER_OPTIONS if ours else {}


def _of_retriever(name: str, found: object) -> Options:
    return {**RETRIEVER_OPTIONS.get(name, {}), **RETRIEVER_DEPTH}


def _of_reranker(name: str, found: object) -> Options:
    return {} if name == "none" else {**RERANKER_OPTIONS.get(name, {}), **RERANKER_DEPTH}


@dataclass(frozen=True, slots=True)
class _Part:
    """A group of the registry; `frame` is what is around an example."""

    title: str
    topic: str
    group: str
    kind: str
    frame: str
    options: Callable[[str, object], Options] = _none
    syntax: Syntax = "yaml"


_PARTS = (
    _Part("Models", "models", "prompteval.providers", "kind of model", "models:\n  - {}"),
    _Part(
        "Chunkers", "chunkers", "prompteval.chunkers", "chunker", f"{_RAG}chunker: {{}}", _of_chunker
    ),
    _Part(
        "Retrievers", "retrievers", "prompteval.retrievers", "retriever", f"{_RAG}retriever: {{}}",
        _of_retriever,
    ),
    _Part(
        "Rerankers", "rerankers", "prompteval.rerankers", "reranker", f"{_RAG}reranker: {{}}", _of_reranker
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
        options = tuple(Option(key, about) for key, about in part.options(name, found).items())
        yield documented(Entry(name, part.kind, "", options=options), found, part.frame, part.syntax)
