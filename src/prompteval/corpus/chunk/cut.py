"""Cuts a text at the coarsest places that let every piece fit, then joins neighbours that fit."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from prompteval.core.graphemes import end_of, start_of
from prompteval.corpus.chunk.measure import TextMeasure

Span = tuple[int, int]
# Places strictly inside (start, end), ascending, where a new piece may begin.
Level = Callable[[int, int], Iterable[int]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a text may be cut: `levels` from coarse to fine, `size` and `overlap` in tokens.

    The last two levels are also where an overlap may begin; without levels any token is.
    `barriers` are places that an overlap never reaches across, such as headings.
    """

    levels: Sequence[Level]
    size: int
    overlap: int = 0
    barriers: Sequence[int] = ()

    @property
    def step(self) -> int:
        """How far pieces are joined, so that there is room for the overlap."""
        return self.size - self.overlap


def cut(measure: TextMeasure, plan: Plan) -> list[Span]:
    """Spans in order that cover all but white space, none of more than `size` tokens.

    A part that fits is kept whole; neighbours are joined up to `size - overlap`; then each span
    but the first is extended backwards by at most `overlap` tokens, as far as its size allows.
    White space at the ends of a span is left out. What has no place to be cut is cut between
    tokens; a single character is never cut, however many tokens it has, nor are the marks and joined
    characters of one that is made of several.
    """
    found: list[Span] = []
    for start, end in _tiles(measure, plan, 0, len(measure.text), 0):
        if found and plan.overlap:
            start = _extended(measure, plan, found[-1], (start, end))
        found.append((start, end))
    return found


def positions(places: Sequence[int]) -> Level:
    """A level of places known beforehand."""
    return lambda start, end: places[bisect_right(places, start) : bisect_left(places, end)]


def _tiles(measure: TextMeasure, plan: Plan, start: int, end: int, level: int) -> Iterator[Span]:
    """Spans without white space at their ends that cover [start, end)."""
    start, end = measure.stripped(start, end)
    if start == end:
        return
    if measure.fits(start, end, plan.size):
        yield start, end
        return
    places: list[int] = []
    while level < len(plan.levels) and not places:
        places = measure.uncut(plan.levels[level](start, end))
        level += 1
    if not places:
        yield from _hard(measure, plan, start, end)
        return
    edges, at = [start, *places, end], 0
    while at + 1 < len(edges):
        last = _joined(measure, plan, edges, at)
        if last > at + 1:
            joined = measure.stripped(edges[at], edges[last])
            if joined[0] < joined[1]:  # blank lines of a code block are parts too
                yield joined
        else:
            yield from _tiles(measure, plan, edges[at], edges[last], level)
        at = last


def _joined(measure: TextMeasure, plan: Plan, edges: Sequence[int], at: int) -> int:
    """The edge up to which the pieces from `at` fit together; the next one where none do."""
    start, _ = measure.stripped(edges[at], edges[at + 1])
    place = measure.after(start, plan.size if edges[at] == 0 else plan.step)
    last = max(at + 1, bisect_right(edges, place) - 1)
    while last > at + 1 and not measure.fits(*measure.stripped(edges[at], edges[last]), plan.size):
        last -= 1
    return last


def _hard(measure: TextMeasure, plan: Plan, start: int, end: int) -> Iterator[Span]:
    """[start, end) cut between tokens, never inside a character."""
    while start < end:
        place = measure.after(start, plan.size if start == 0 else plan.step)
        least = end_of(measure.text, start, end)
        place = min(max(start_of(measure.text, place, start), least), end)
        while place > least:
            excess = measure.exact(*measure.stripped(start, place)) - plan.size
            if excess <= 0:
                break
            place = max(start_of(measure.text, max(measure.before(place, excess), start), start), least)
        yield measure.stripped(start, place)
        start, _ = measure.stripped(place, end)


def _extended(measure: TextMeasure, plan: Plan, previous: Span, span: Span) -> int:
    """The start of `span` moved back into `previous` by the overlap, where there is room for it."""
    start, end = span
    room = min(plan.overlap, plan.size - measure.exact(start, end))
    if room <= 0:
        return start
    at = bisect_right(plan.barriers, start)
    earliest = max(measure.before(start, room), previous[0] + 1, plan.barriers[at - 1] if at else 0)
    for level in plan.levels[-2:] or (measure.cuts,):
        for place in measure.uncut(level(earliest - 1, start)):
            begin, _ = measure.stripped(place, end)
            if begin < start and measure.exact(begin, end) <= plan.size:
                return begin
    return start
