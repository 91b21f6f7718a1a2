"""Telephone numbers, by how their digits are grouped and by the words before them.

A number with a country's code, an area code in brackets, or groups that are a telephone's is one anywhere.
Other groups of digits are one behind a word that says so.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prompteval.pii.context import last_before
from prompteval.pii.span import Span

_RUN = re.compile(r"(?<![\w$€£+])(?<![0-9][.,:/-])(?:\+ ?)?\(?\+?[0-9]++(?:[)(. -]{1,3}+[0-9]++)*+")
_DIGITS = re.compile(r"[0-9]+")
_EXTENSION = re.compile(
    r"(?:[ ,]{0,2}(?:x|ext\.?|extension|Durchwahl)[ .:]?[0-9]{1,6})(?![\w])", re.IGNORECASE
)
# The one nearest to the number decides: a word for a telephone, or one for another number.
_WORDS = re.compile(
    r"(?P<phone>\b(?:tele)?(?:ph|f)one?\w{0,6}\b|\bt[eé]l[eé]?(?:fon|phon|foon)?\w{0,3}\b|\bmobiel\w?\b"
    r"|\bmobil[ea]?\b|\bm[oó]vil\b|\bcell\w{0,6}\b|\bhandy\b|\bportable\b|\bcelular\b|\bkom[oó]rk\w{1,3}\b"
    r"|\bfax\b|\bdesk\b|\bwhats ?app\b|\bsms\b|\btext(?:ed)?\b|\bmessages?\b|\bcall(?:ed|ing)?\b"
    r"|\bdial\w{0,3}\b|\banswer(?:ing)?\b|\breach\w{0,3}\b|\bcontact\b|\banruf\w{0,2}\b|\bappel\w{0,3}\b|\bllam\w{1,4}\b"
    r"|\bring\b|\b(?:hot|help|land)?line\b|\b[ptmf]:|\b(?:office|home|work|direct):"
    r"|(?<!card )(?<!id )(?<!count )(?<!rder )(?<!cense )\bnumbers?\b)"
    r"|\b(?:order|invoice|account|licen[cs]e|passport|serial|zip|post(?:al)?|ticket|tracking|reference|ref|case"
    r"|isbn|vat|iban|card|price|room|flat|box|id|page|year|code|version|pin)\b",
    re.IGNORECASE,
)
# `467 3395 office`, `467 3395 (mobile)`, `467 3395 is my new number`.
_BEHIND = re.compile(
    r"[ ,(/-]{0,3}(?:office|work|home|direct|mobile|cell|fax|phone|tel|is (?:my|his|her|their|our) )",
    re.IGNORECASE,
)
_FAR, _NEAR = 60, 16
_FEWEST_DIGITS, _DIGITS_AT_ALL = 7, 15
_GROUPS_OF_ONE = 7
# Two groups without an area code: one where a clause ends behind them, else the numbers of an address.
_LOCAL = {(3, 4), (4, 4), (2, 6), (2, 7), (3, 6), (3, 7), (4, 6), (4, 7)}
_ENDS = re.compile(r"[.,;:!?)]*(?:\s*\Z|\s*\n|[.,;:!?)]\s)")
_NORTH_AMERICAN = {(3, 3, 4), (1, 3, 3, 4), (3, 3, 3, 4)}


# North American without separators: neither the area nor the exchange begins with 0 or 1, nor is x11.
_ONE_GROUP = re.compile(r"(?:[2-9](?!11)[0-9]{2}){2}[0-9]{4}")


@dataclass(frozen=True, slots=True)
class _Groups:
    """Groups of digits that stand together: from `start` to `end`, with what is between them."""

    start: int
    end: int
    parts: tuple[str, ...]
    written: str

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(map(len, self.parts))

    @property
    def digits(self) -> str:
        return "".join(self.parts)


def phones(text: str) -> Iterator[Span]:
    """Numbers of 7 to 15 digits; an extension behind one belongs to it."""
    for match in _RUN.finditer(text):
        groups = [
            (found.start(), found.end()) for found in _DIGITS.finditer(text, match.start(), match.end())
        ]
        first = 0
        while first < len(groups):
            if _date_at(text, groups, first):
                first += 3
                continue
            taken = _longest(text, match.start(), groups, first)
            if taken is None:
                first += 1
                continue
            count, span = taken
            yield span
            first += count


def _longest(text: str, begin: int, groups: Sequence[tuple[int, int]], first: int) -> tuple[int, Span] | None:
    """(how many groups, the span) of the longest number that begins with group `first`."""
    for count in range(min(_GROUPS_OF_ONE, len(groups) - first), 0, -1):
        some = groups[first : first + count]
        start = _opened(text, begin, some[0][0])
        found = _Groups(start, some[-1][1], tuple(text[a:b] for a, b in some), text[start : some[-1][1]])
        extension = _EXTENSION.match(text, found.end)
        behind = text[found.end : found.end + 1]
        if (behind.isalnum() or behind in ("_", "%", "€")) and not extension:
            continue
        whole = count == len(groups) or _set_apart(text, found, groups, first, count)
        if (
            _FEWEST_DIGITS <= len(found.digits) <= _DIGITS_AT_ALL
            and (whole or _is_strong(found))
            and (_is_phone(found) or _said_to_be(text, found))
        ):
            return count, Span(start, extension.end() if extension else found.end, "phone")
    return None


def _set_apart(text: str, found: _Groups, groups: Sequence[tuple[int, int]], first: int, count: int) -> bool:
    """Whether what separates some groups from the rest of their run is not what is between them."""
    inside = set(found.written) & set(" .-")
    outside = ""
    if first:
        outside += text[groups[first - 1][1] : found.start]
    if first + count < len(groups):
        outside += text[found.end : groups[first + count][0]]
    return not inside & set(outside)


def _opened(text: str, begin: int, place: int) -> int:
    """Where the `+` or bracket before a group stands, else the group itself."""
    while place > begin and text[place - 1] in "+(":
        place -= 1
    return place


def _is_strong(found: _Groups) -> bool:
    """What says by itself where it begins: a country's code, an area code in brackets, 3-3-4."""
    return found.written.startswith(("+", "(")) or found.sizes in _NORTH_AMERICAN


def _is_phone(found: _Groups) -> bool:
    """What is a telephone number wherever it is."""
    sizes, digits = found.sizes, found.digits
    if found.written.startswith(("+", "(+")):
        return len(digits) >= 8
    separators = set(found.written) & set(" .-")
    if "." in separators and len(separators) > 1:  # prices, a tax number
        return False
    if len(sizes) == 1:
        return _ONE_GROUP.fullmatch(digits) is not None
    if found.written.startswith("("):
        return len(digits) <= 12
    if sizes in _NORTH_AMERICAN:
        return digits[-10] > "1"
    if digits.startswith("0") and 9 <= len(digits) <= 11:
        return min(sizes) >= 2 and sizes not in ((5, 4), (3, 2, 4))
    return (
        len(sizes) >= 3
        and sizes != (3, 2, 4)
        and 8 <= len(digits) <= 12
        and min(sizes) >= 2
        and max(sizes) <= 4
        and not _is_number(found)
    )


def _is_number(found: _Groups) -> bool:
    """Whether the groups are those of a large number: 12 345 678 or 123.456.789.

    Three groups of three with spaces are a telephone's in a dozen countries.
    """
    if "-" in found.written or set(found.sizes[1:]) != {3}:
        return False
    return found.sizes[0] <= 3 and (found.sizes != (3, 3, 3) or "." in found.written)


def _date_at(text: str, groups: Sequence[tuple[int, int]], first: int) -> bool:
    """Whether three groups are a date: 2026-11-28, 28.11.2026, 28 11 2026."""
    parts = [text[start:end] for start, end in groups[first : first + 3]]
    if tuple(map(len, parts)) not in ((4, 2, 2), (2, 2, 4)):
        return False
    year = next(part for part in parts if len(part) == 4)
    month, day = sorted(int(part) for part in parts if len(part) == 2)
    return year[:2] in ("18", "19", "20", "21") and 1 <= month <= 12 and day <= 31


def _said_to_be(text: str, found: _Groups) -> bool:
    """Whether the nearest word says that it is one."""
    if max(found.sizes) > 12:
        return False
    word = last_before(text, found.start, _WORDS, _FAR)
    if word is not None and word.lastgroup == "phone":
        return True
    if word is not None and found.start - word.end() <= _NEAR:
        return False
    if _BEHIND.match(text, found.end):
        return True
    return found.sizes in _LOCAL and _ENDS.match(text, found.end) is not None
