"""Personal data masked: the same value by the same pseudonym, everywhere a key is used."""

import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass

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
    if not spans:
        return Redacted(text)
    pieces: list[str] = []
    place = 0
    for span in spans:
        pieces += [text[place : span.start], mask(span.kind, text[span.start : span.end], key)]
        place = span.end
    pieces.append(text[place:])
    return Redacted("".join(pieces), spans)


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
