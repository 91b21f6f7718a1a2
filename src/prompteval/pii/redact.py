"""Personal data masked: the same value by the same pseudonym, everywhere a key is used."""

import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass, replace

from prompteval.pii.find import find
from prompteval.pii.plain import plain
from prompteval.pii.span import PATTERNS, Kind, Span

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LENGTH = 12  # 56 bits: of a million values, one pair in 100,000 data sets shares a pseudonym


@dataclass(frozen=True, slots=True)
class Redacted:
    """The masked text, and the spans of the original that were masked."""

    text: str
    spans: tuple[Span, ...] = ()


def redact(text: str, kinds: Collection[Kind] = PATTERNS, key: bytes | None = None) -> Redacted:
    """`text` with each span as `[EMAIL]`, or with a key as `[EMAIL:kqzvbnmwhrty]`.

    With one key a value has one pseudonym in every text, however it is spaced or cased; who has no key
    can neither compute nor reverse it. What is masked is not found as personal data again.
    Raises MissingExtra for `name` and `place` without the extra [pii].
    """
    spans = find(text, kinds)
    masked = _masked(text, spans, key)
    while spans and (more := _uncovered(masked, spans, kinds)):
        spans = tuple(sorted((*spans, *more), key=lambda span: span.start))
        masked = _masked(text, spans, key)
    return Redacted("".join(masked), spans)


def _masked(text: str, spans: tuple[Span, ...], key: bytes | None) -> list[str]:
    """What is left of a text and what stands for its spans, in turn; first and last are of the text."""
    pieces: list[str] = []
    place = 0
    for span in spans:
        pieces += [text[place : span.start], mask(span.kind, text[span.start : span.end], key)]
        place = span.end
    return [*pieces, text[place:]]


def _uncovered(masked: list[str], spans: tuple[Span, ...], kinds: Collection[Kind]) -> list[Span]:
    """Spans of the text that are found only beside a mask: digits of a card before those of another.

    Telephones are none of them, since `[PHONE]` itself is a word before which any digits are one.
    """
    more: list[Span] = []
    found = [span for span in find("".join(masked), kinds) if span.kind != "phone"]
    seen = 0  # characters of the masked text before a piece
    for number, piece in enumerate(masked):
        if number % 2 == 0:
            start = spans[number // 2 - 1].end if number else 0
            inside = (one for one in found if seen <= one.start and one.end <= seen + len(piece))
            more += [
                replace(one, start=one.start - seen + start, end=one.end - seen + start) for one in inside
            ]
        seen += len(piece)
    return more


def mask(kind: Kind, value: str, key: bytes | None = None) -> str:
    """What stands for a value."""
    name = kind.upper()
    return f"[{name}]" if key is None else f"[{name}:{pseudonym(kind, value, key)}]"


def pseudonym(kind: Kind, value: str, key: bytes) -> str:
    """Twelve letters by HMAC-SHA256 of the kind and the value; letters, so that no pattern finds a number."""
    message = f"{kind}\0{_normal(kind, value)}".encode("utf-8", "surrogatepass")
    number = int.from_bytes(hmac.new(key, message, hashlib.sha256).digest()[:8], "big")
    letters = []
    for _ in range(_LENGTH):
        number, place = divmod(number, 26)
        letters.append(_LETTERS[place])
    return "".join(letters)


def _normal(kind: Kind, value: str) -> str:
    """The value without what may differ between two spellings of it."""
    value = plain(value)
    if kind in ("secret", "birth_date"):
        return value
    if kind in ("card", "iban", "national_id", "phone"):
        return "".join(filter(str.isalnum, value)).upper()
    return " ".join(value.casefold().split())
