"""The chunkers: a document to spans of at most `size` tokens, with exact character offsets."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from prompteval.core.errors import UsageError
from prompteval.core.protocols import TokenCounter
from prompteval.core.ranges import RANGES
from prompteval.core.retrieval import Chunk, Document
from prompteval.corpus.chunk.cut import Level, Plan, cut, positions
from prompteval.corpus.chunk.measure import TextMeasure
from prompteval.corpus.chunk.prose import lines, paragraphs, sentences, words
from prompteval.corpus.chunk.structure import structure_of
from prompteval.workspace.rag_options import DEFAULT_SIZE


@dataclass(frozen=True, slots=True)
class Sized(ABC):
    """A chunker with a size and an overlap in tokens of `counter`."""

    counter: TokenCounter = field(repr=False)
    size: int = DEFAULT_SIZE
    overlap: int = 0

    kind: ClassVar[str] = ""

    def __post_init__(self) -> None:
        for name, value in (("size", self.size), ("overlap", self.overlap)):
            if fault := RANGES[name].fault(name, value):
                raise UsageError(f"chunker: {fault}", "it counts tokens")
        if self.overlap >= self.size:
            message = f"chunker: overlap is {self.overlap} with size {self.size}"
            raise UsageError(message, "the overlap must be smaller than the size")

    @property
    def identity(self) -> str:
        """Everything that can change the chunks."""
        return f"{self.kind}(size={self.size},overlap={self.overlap},tokens={self.counter.encoding})"

    def __call__(self, document: Document) -> list[Chunk]:
        """Chunks in order of their start that cover everything but white space; none if there is no more."""
        measure = TextMeasure(document.text, self.counter)
        return _chunks(document, cut(measure, self._plan(measure)))

    @abstractmethod
    def _plan(self, measure: TextMeasure) -> Plan:
        """Where this kind of chunker cuts."""


class Fixed(Sized):
    """Windows of `size` tokens, each beginning `size - overlap` tokens after the last.

    Example: `{kind: fixed, size: 256, overlap: 32}`
    """

    __slots__ = ()
    kind = "fixed"

    def _plan(self, measure: TextMeasure) -> Plan:
        return Plan((), self.size, self.overlap)


class Sentence(Sized):
    """Whole sentences, as many as fit; a longer one is cut between words.

    Example: `{kind: sentence, size: 256}`
    """

    __slots__ = ()
    kind = "sentence"

    def _plan(self, measure: TextMeasure) -> Plan:
        return _prose_plan(self, measure.text, sentences, words)


class Recursive(Sized):
    """Paragraphs, else lines, else sentences, else words: the coarsest that fits.

    Example: `{kind: recursive, size: 256}`
    """

    __slots__ = ()
    kind = "recursive"

    def _plan(self, measure: TextMeasure) -> Plan:
        return _prose_plan(self, measure.text, paragraphs, lines, sentences, words)


class Markdown(Sized):
    """Sections that fit stay whole, with their heading; larger ones are cut between their parts.

    A table, list or code block stays whole where it fits, and is else cut between its rows. A
    heading stays with what is below it, unless that is such a block which fits only alone. An
    overlap never crosses a heading.

    Example: `{kind: markdown, size: 256, overlap: 32}`
    """

    __slots__ = ()
    kind = "markdown"

    def _plan(self, measure: TextMeasure) -> Plan:
        found = structure_of(measure.text)
        alone = [start for start, end in found.under_headings if measure.fits(start, end, self.size)]
        places = (*found.headings, found.blocks, sorted([*found.blocks, *alone]), found.rows)
        levels: list[Level] = [positions(item) for item in places]
        levels += [sentences(measure.text), words(measure.text)]
        return Plan(levels, self.size, self.overlap, barriers=found.headings[-1])


@dataclass(frozen=True, slots=True)
class Whole:
    """Each document is one chunk, without the white space at its ends.

    Example: `none`
    """

    identity: ClassVar[str] = "none"

    def __call__(self, document: Document) -> list[Chunk]:
        text = document.text.rstrip()
        start = len(text) - len(text.lstrip())
        return _chunks(document, [(start, len(text))] if start < len(text) else [])


def _prose_plan(chunker: Sized, text: str, *levels: Callable[[str], Level]) -> Plan:
    return Plan([level(text) for level in levels], chunker.size, chunker.overlap)


def _chunks(document: Document, spans: Sequence[tuple[int, int]]) -> list[Chunk]:
    text = document.text
    return [Chunk(document.id, start, end, text[start:end], document.title) for start, end in spans]
