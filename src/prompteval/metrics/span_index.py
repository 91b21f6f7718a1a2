"""Which of many spans share a character with another: looked up, not compared one by one."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from prompteval.metrics.spans import Span


@dataclass(frozen=True, slots=True)
class _OfDocument:
    """The spans of one document by their end; `firsts[i]` is the least start from i on."""

    ends: "array[int]"
    starts: "array[int]"
    firsts: "array[int]"
    places: "array[int]"

    @classmethod
    def of(cls, spans: list[tuple[int, int, int]]) -> "_OfDocument":
        """From (end, start, place) of each."""
        spans.sort()
        starts = array("q", [start for _, start, _ in spans])
        firsts = array("q", accumulate(reversed(starts), min))
        firsts.reverse()
        ends, places = array("q", [end for end, _, _ in spans]), array("q", [place for *_, place in spans])
        return cls(ends, starts, firsts, places)


class SpanIndex:
    """Spans by document. Empty spans share no character with any, and are left out."""

    def __init__(self, spans: Iterable[Span]) -> None:
        found: dict[str, list[tuple[int, int, int]]] = {}
        for place, (doc, start, end) in enumerate(spans):
            if start < end:
                found.setdefault(doc, []).append((end, start, place))
        self._of = {doc: _OfDocument.of(listed) for doc, listed in found.items()}

    def touches(self, span: Span) -> bool:
        """Whether any of the spans shares at least one character with this one."""
        return next(self.touching(span), None) is not None

    def touching(self, span: Span) -> Iterator[int]:
        """The places of those that do, in the order of their ends, then of their starts."""
        doc, start, end = span
        known = self._of.get(doc)
        if known is None or start >= end:
            return
        for at in range(bisect_left(known.ends, start + 1), len(known.ends)):
            if known.firsts[at] >= end:  # and all that follow begin behind it
                return
            if known.starts[at] < end:
                yield known.places[at]
