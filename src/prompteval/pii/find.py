"""All personal data of a text, without overlaps."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final

from prompteval.pii.birth_date import birth_dates
from prompteval.pii.credentials import secrets
from prompteval.pii.internet import emails, ip_addresses
from prompteval.pii.national_ids import national_ids
from prompteval.pii.payment import cards, ibans
from prompteval.pii.phone import phones
from prompteval.pii.plain import plain
from prompteval.pii.span import KINDS, NAMED, PATTERNS, Kind, Span

Finder = Callable[[str], Iterator[Span]]
# Where two overlap the first of this order stays: what has a check digit before what has none.
_IN_ANY_TEXT: Final[tuple[Finder, ...]] = (secrets, emails, ip_addresses)
_WITH_DIGITS: Final[tuple[Finder, ...]] = (ibans, cards, national_ids, birth_dates, phones)
_DIGITS = re.compile("[0-9]")


def find(text: str, kinds: Collection[Kind] = PATTERNS) -> tuple[Span, ...]:
    """Spans of the kinds that are asked for, by place; none overlaps another.

    A span keeps its kind, asked for or not: a card's number is no telephone where only telephones are.
    `name` and `place` need the extra [pii] and take milliseconds. Raises MissingExtra without it.
    """
    asked = frozenset(kinds)
    seen = plain(text)
    finders = [*_IN_ANY_TEXT, *(_WITH_DIGITS if _DIGITS.search(seen) else ())]
    found = _apart(span for finder in finders for span in finder(seen))
    if asked & NAMED:
        from prompteval.pii.names import named

        found = _apart([*found, *named(text)])
    return tuple(sorted((span for span in found if span.kind in asked), key=lambda span: span.start))


def _apart(spans: Iterable[Span]) -> list[Span]:
    """The spans in their order without those that overlap an earlier one."""
    kept: list[Span] = []
    taken: set[int] = set()
    for span in spans:
        places = range(span.start, span.end)
        if taken.isdisjoint(places):
            kept.append(span)
            taken.update(places)
    return kept


def known_kinds(names: Iterable[str]) -> tuple[Kind, ...]:
    """The kinds of these names, in the order of KINDS. Raises ValueError for one that is unknown."""
    wanted = list(names)
    unknown = [name for name in wanted if name not in KINDS]
    if unknown:
        raise ValueError(unknown[0])
    return tuple(kind for kind in KINDS if kind in wanted)
