"""The retrieval gold of a case to spans of the corpus, and spans to the chunks that hold them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prompteval.core.case import Case
from prompteval.core.problem import Problem, nearest
from prompteval.core.retrieval import Chunk, Document
from prompteval.corpus.quote import NormalisedText, find_exact, find_normalised, normalised
from prompteval.metrics.judged import GoldGroup
from prompteval.metrics.span_index import SpanIndex
from prompteval.metrics.spans import Blank, Span


@dataclass(frozen=True, slots=True)
class LocatedGold:
    """One gold span, half-open in characters; empty where its document is not in the corpus."""

    doc: str
    start: int
    end: int
    grade: int = 1

    @property
    def span(self) -> Span:
        return self.doc, self.start, self.end

    @property
    def missing(self) -> bool:
        """Whether the corpus has no text for it: a corpus_miss."""
        return self.start >= self.end


GoldGroups = tuple[tuple[LocatedGold, ...], ...]


class GoldReader:
    """Reads the gold of cases against one corpus; keeps each normalised text for the next quote."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._documents = {document.id: document for document in documents}
        self._normalised: dict[str, NormalisedText] = {}

    def read(self, case: Case, path: str) -> tuple[GoldGroups, list[Problem]]:
        """(AND-groups of OR-spans, problems at the case's line of `path`).

        White space at the ends of a span is left out. Errors: a quote that is not found (PE350) or
        found more than once (PE351), a span beyond the end of its document (PE352). A warning: a
        document that is not in the corpus (PE353); its span is kept, empty, and counts as a miss.
        """
        problems: list[Problem] = []

        def note(code: str, message: str, help: str = "", warning: bool = False) -> None:
            severity: Any = "warning" if warning else "error"
            message = f"case {case.id!r}: {message}"
            problems.append(Problem(path, case.line, 1, code, message, help, severity))

        groups = tuple(
            tuple(span for raw in group if (span := self._span(raw, note)) is not None) for group in case.gold
        )
        return groups, problems

    def _span(self, raw: Mapping[str, Any], note: Callable[..., None]) -> LocatedGold | None:
        grade = int(raw.get("grade", 1))
        doc = str(raw["doc"]) if "doc" in raw else self._holder(str(raw["quote"]))
        document = self._documents.get(doc)
        if document is None and "doc" not in raw:
            note("PE350", f"the quote {_cut(str(raw['quote']))} is not in exactly one document", "add doc")
            return None
        if document is None:
            near = nearest(doc, self._documents)
            help = f"did you mean {near!r}?" if near else ""
            note("PE353", f"gold document {doc!r} is not in the corpus", help, warning=True)
            return LocatedGold(doc, 0, 0, grade)
        if "quote" in raw:
            return self._quoted(document, str(raw["quote"]), grade, note)
        start, end = int(raw.get("start", 0)), int(raw.get("end", len(document.text)))
        if end > len(document.text):
            note("PE352", f"{doc} has {len(document.text)} characters, the gold span ends at {end}")
            return None
        return LocatedGold(doc, *_stripped(document.text, start, end), grade)

    def _holder(self, quote: str) -> str:
        """The one document that holds a quote word for word; empty where none does, or several do."""
        found = [name for name, document in self._documents.items() if quote.strip() in document.text]
        return found[0] if len(found) == 1 else ""

    def _quoted(
        self, document: Document, quote: str, grade: int, note: Callable[..., None]
    ) -> LocatedGold | None:
        spans = find_exact(document.text, quote)
        if not spans:
            if document.id not in self._normalised:
                self._normalised[document.id] = normalised(document.text)
            spans = find_normalised(self._normalised[document.id], quote)
        shown = _cut(quote)
        if not spans:
            note("PE350", f"the quote {shown} is not in {document.id}", "copy it from the document")
        elif len(spans) > 1:
            help = "quote more of it, or give start and end"
            note("PE351", f"the quote {shown} occurs {len(spans)} times in {document.id}", help)
        else:
            return LocatedGold(document.id, *spans[0], grade)
        return None


def _cut(quote: str) -> str:
    return f"{quote[:60]!r}" + ("…" if len(quote) > 60 else "")


def spans_of(gold: GoldGroups) -> list[list[Span]]:
    """Gold as the span metrics take it."""
    return [[item.span for item in group] for group in gold]


def chunk_spans(chunks: Iterable[Chunk]) -> list[Span]:
    """Chunks as the span metrics take them."""
    return [chunk.span for chunk in chunks]


def blank_in(documents: Mapping[str, Document]) -> Blank:
    """Tells whether a part of a document is nothing but white space, for `metrics.spans.united`."""
    return lambda doc, start, end: not documents[doc].text[start:end].strip()


class GoldChunks:
    """Which chunks of one chunking are relevant: those that share a character with a gold span."""

    def __init__(self, chunks: Iterable[Chunk]) -> None:
        self._chunks = tuple(chunks)
        self._index = SpanIndex(chunk_spans(self._chunks))

    def touching(self, span: Span) -> list[Chunk]:
        """The chunks that share a character with one span, by their end."""
        return [self._chunks[place] for place in self._index.touching(span)]

    def grades(self, gold: GoldGroups) -> list[dict[str, int]]:
        """For each AND-group the relevant chunks by id with their grade, the best of several.

        A group that no chunk touches is an empty map: a relevant item that cannot be found.
        """
        return [self._group(group) for group in gold]

    def groups(self, gold: GoldGroups) -> list[GoldGroup]:
        """The gold as the ranking measures take it; what no chunk touches stays in the denominator."""
        return [
            GoldGroup(self._group(group), max((item.grade for item in group), default=0)) for group in gold
        ]

    def _group(self, group: Sequence[LocatedGold]) -> dict[str, int]:
        found: dict[str, int] = {}
        for item in group:
            for chunk in self.touching(item.span):
                found[chunk.id] = max(item.grade, found.get(chunk.id, item.grade))
        return found


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    kept = part.strip()
    if not kept:
        return start, start
    start += len(part) - len(part.lstrip())
    return start, start + len(kept)
