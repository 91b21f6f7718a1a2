"""Retrieval scored by characters: recall, precision and IoU of united ranges, and a chunking's ceiling.

A span is (document id, start, end), half-open in characters; an empty span stands for text that is
nowhere. Gold is a list of AND-groups, each with OR-alternatives, as spans.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Literal

Span = tuple[str, int, int]
Gold = Sequence[Sequence[Span]]
Ranges = Mapping[str, Sequence[tuple[int, int]]]
# (document id, start, end) to whether there is nothing but white space between the two.
Blank = Callable[[str, int, int], bool]
Fate = Literal["whole", "split", "lost"]
_start = itemgetter(0)


@dataclass(frozen=True, slots=True)
class SpanScores:
    """Of one question, each 0 to 1: gold characters found, found characters that are gold, and IoU."""

    recall: float
    precision: float
    iou: float


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What a chunking leaves of the gold spans: whole in one chunk, split over several, or lost."""

    whole: int = 0
    split: int = 0
    lost: int = 0

    @property
    def total(self) -> int:
        return self.whole + self.split + self.lost


def united(spans: Iterable[Span], blank: Blank | None = None) -> dict[str, list[tuple[int, int]]]:
    """The union of spans: per document the disjoint ranges, ascending; empty spans vanish.

    Touching ranges become one, and so do ranges with a gap that `blank` says is white space, since
    a chunker leaves that out at the ends of its chunks.
    """
    found: dict[str, list[tuple[int, int]]] = {}
    for doc, start, end in sorted(spans):
        if start >= end:
            continue
        ranges = found.setdefault(doc, [])
        if ranges and (start <= ranges[-1][1] or (blank is not None and blank(doc, ranges[-1][1], start))):
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], end))
        else:
            ranges.append((start, end))
    return found


def length(ranges: Ranges) -> int:
    """Characters in disjoint ranges."""
    return sum(end - start for spans in ranges.values() for start, end in spans)


def shared(one: Ranges, other: Ranges) -> int:
    """Characters in both of two sets of disjoint, ascending ranges."""
    return sum(_overlap(spans, other.get(doc, ())) for doc, spans in one.items())


def touches(span: Span, other: Span) -> bool:
    """Whether two spans share at least one character."""
    return span[0] == other[0] and max(span[1], other[1]) < min(span[2], other[2])


def covers(ranges: Ranges, span: Span) -> bool:
    """Whether one united range holds the whole span; an empty span is never covered."""
    doc, start, end = span
    known = ranges.get(doc, ())
    at = bisect_right(known, start, key=_start) - 1
    return start < end and at >= 0 and end <= known[at][1]


def span_scores(gold: Gold, ranges: Ranges) -> SpanScores | None:
    """Scores of the united ranges of what was retrieved; None for a question without gold.

    Of each group the alternative counts of which the largest share was found (ties: the first).
    recall = found characters of these / their characters, times the share of groups that have any
    text at all, so that a document missing from the corpus is a miss. precision = retrieved
    characters that belong to any alternative / retrieved characters; iou has the same numerator
    and divides by retrieved characters together with those of the counted alternatives. For one
    alternative a group these are |R∩C|/|R|, |R∩C|/|C|, |R∩C|/|R∪C|. Nothing retrieved scores 0.
    """
    if not gold:
        return None
    counted = united(_best(group, ranges) for group in gold)
    wanted, retrieved = length(counted), length(ranges)
    if not wanted or not retrieved:
        return SpanScores(0.0, 0.0, 0.0)
    there = sum(any(start < end for _, start, end in group) for group in gold) / len(gold)
    found = shared(counted, ranges)
    relevant = shared(united(span for group in gold for span in group), ranges)
    return SpanScores(
        recall=found / wanted * there,
        precision=relevant / retrieved,
        iou=relevant / (retrieved + wanted - found),
    )


def fate(span: Span, chunks: Sequence[Span], ranges: Ranges) -> Fate:
    """What became of one gold span: whole in a chunk, covered by several together, or not covered.

    `ranges` are the united ranges of `chunks`.
    """
    doc, start, end = span
    if not covers(ranges, span):
        return "lost"
    inside = any(name == doc and left <= start and end <= right for name, left, right in chunks)
    return "whole" if inside else "split"


def ceiling(spans: Iterable[Span], chunks: Iterable[Span], blank: Blank | None = None) -> Ceiling:
    """How many gold spans are whole in one chunk, split over several, or lost."""
    by_document: dict[str, list[Span]] = {}
    for chunk in chunks:
        by_document.setdefault(chunk[0], []).append(chunk)
    ranges: dict[str, list[tuple[int, int]]] = {}
    counts: dict[Fate, int] = {"whole": 0, "split": 0, "lost": 0}
    for span in spans:
        own = by_document.get(span[0], [])
        if own and span[0] not in ranges:
            ranges.update(united(own, blank))
        counts[fate(span, own, ranges)] += 1
    return Ceiling(**counts)


def _best(group: Sequence[Span], ranges: Ranges) -> Span:
    """The alternative of which the largest share is in the ranges; one with text before one without."""

    def share(span: Span) -> float:
        doc, start, end = span
        return _within(start, end, ranges.get(doc, ())) / (end - start) if start < end else -1.0

    return max(group, key=share)


def _within(start: int, end: int, ranges: Sequence[tuple[int, int]]) -> int:
    """Characters of one span that are in disjoint, ascending ranges."""
    first = max(bisect_right(ranges, start, key=_start) - 1, 0)
    last = bisect_left(ranges, end, lo=first, key=_start)
    return _overlap([(start, end)], ranges[first:last])


def _overlap(one: Sequence[tuple[int, int]], other: Sequence[tuple[int, int]]) -> int:
    """Characters in both, two pointers over ascending ranges."""
    total, left, right = 0, 0, 0
    while left < len(one) and right < len(other):
        total += max(0, min(one[left][1], other[right][1]) - max(one[left][0], other[right][0]))
        if one[left][1] < other[right][1]:
            left += 1
        else:
            right += 1
    return total
