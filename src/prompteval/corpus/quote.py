"""Finds a quote in a text: exactly, else after Unicode and white-space normalisation."""

import unicodedata
from dataclasses import dataclass

# Typographic marks that people and models write as the plain ones, beyond what NFKC does.
_PLAIN = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "‟": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "\u00ad": "",
    "\u200b": "", "\ufeff": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text after normalisation; character i came from [starts[i], ends[i]) of the first text."""

    text: str
    starts: list[int]
    ends: list[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the first text behind [start, end), which is not empty."""
        return self.starts[start], self.ends[end - 1]


def normalised(text: str) -> Normalised:
    """NFKC, plain quotation marks and dashes, and each run of white space as one space.

    Ends are stripped. A character and the marks that combine with it are normalised together.
    """
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    space = False
    for place, cluster in _clusters(text):
        raw = unicodedata.normalize("NFKC", "".join(_PLAIN.get(mark, mark) for mark in cluster))
        written = " ".join(raw.split())
        space = space or raw[:1].isspace()  # a spacing accent becomes a space and a combining mark
        if not written:
            continue
        if space and out:
            out.append(" ")
            starts.append(ends[-1])
            ends.append(place if place > ends[-1] else place + len(cluster))
        space = raw[-1:].isspace()
        out.append(written)
        starts.extend([place] * len(written))
        ends.extend([place + len(cluster)] * len(written))
    return Normalised("".join(out), starts, ends)


def find_quote(text: str, quote: str) -> list[tuple[int, int]]:
    """Every span of `text` that is the quote, exactly, or else after normalisation."""
    return find_exact(text, quote) or find_normalised(normalised(text), quote)


def find_exact(text: str, quote: str) -> list[tuple[int, int]]:
    """Every span of `text` that is the quote without the white space at its ends, overlapping ones
    included; none for a quote of nothing but white space."""
    quote = quote.strip()
    return [(at, at + len(quote)) for at in _all(text, quote)] if quote else []


def find_normalised(known: Normalised, quote: str) -> list[tuple[int, int]]:
    """The spans of the first text where the normalised quote is in the normalised text."""
    wanted = normalised(quote).text
    if not wanted:
        return []
    return list(dict.fromkeys(known.span(at, at + len(wanted)) for at in _all(known.text, wanted)))


def _all(text: str, part: str) -> list[int]:
    found, at = [], text.find(part)
    while at >= 0:
        found.append(at)
        at = text.find(part, at + 1)
    return found


def _clusters(text: str) -> list[tuple[int, str]]:
    """(place, character with the marks and jamo that may combine with it)."""
    if text.isascii():
        return list(enumerate(text))
    found: list[tuple[int, str]] = []
    for place, character in enumerate(text):
        if found and _continues(character):
            found[-1] = (found[-1][0], found[-1][1] + character)
        else:
            found.append((place, character))
    return found


def _continues(character: str) -> bool:
    if character.isascii():
        return False
    jamo = "\u1160" <= character <= "\u11ff"
    return jamo or unicodedata.category(character) in ("Mn", "Mc", "Me")
