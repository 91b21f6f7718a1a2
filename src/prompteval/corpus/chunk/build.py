"""A chunker from the words of a suite."""

from collections.abc import Mapping, Sequence
from functools import partial
from inspect import signature

from prompteval.core.errors import UsageError
from prompteval.core.problem import did_you_mean
from prompteval.core.protocols import Chunker, TokenCounter
from prompteval.core.registry import blaming, create, is_built_in, resolve
from prompteval.core.retrieval import Chunk, Document
from prompteval.corpus.chunk.chunkers import Whole
from prompteval.workspace.rag_options import PART_OPTIONS, read_options

GROUP = "prompteval.chunkers"


def build_chunker(kind: str, options: Mapping[str, object], counter: TokenCounter) -> Chunker:
    """The chunker registered as `kind`. Called as `factory(counter, size=..., overlap=...)`.

    `none` takes no options, a plug-in those of its factory. Raises UsageError for an unknown kind or
    option and for a size or overlap that makes no sense; the chunker of a plug-in for what is not a span.
    """
    factory = resolve(GROUP, kind)
    if is_built_in(GROUP, kind):
        read_options(PART_OPTIONS["chunker"][kind], f"chunker {kind}", options)
        ours: Chunker = factory() if factory is Whole else factory(counter, **options)
        return ours
    known = tuple(signature(factory).parameters)[1:]
    for name in options:
        if name not in known:
            raise UsageError(f"chunker {kind!r} has no option {name!r}", did_you_mean(name, known))
    chunker: Chunker = create(GROUP, kind, lambda make: make(counter, **options))
    return partial(_checked, kind, chunker)


def _checked(kind: str, chunker: Chunker, document: Document) -> Sequence[Chunk]:
    """The chunks of a plug-in, each known to be a span of the document."""
    with blaming(GROUP, kind):
        chunks = list(chunker(document))
        for chunk in chunks:
            if chunk.doc_id != document.id or document.text[chunk.start : chunk.end] != chunk.text:
                raise UsageError(
                    f"chunker {kind!r}: {chunk.id} is not a span of {document.id}",
                    "its text is document.text[start:end]",
                )
    return chunks
