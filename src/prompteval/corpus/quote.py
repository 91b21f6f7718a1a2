"""Finds a quote in a text: exactly, else after Unicode and white-space normalisation."""

import unicodedata
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from io import StringIO

from prompteval.core.errors import DeadlineExceeded
from prompteval.core.unicode import nfkc
from prompteval.isolate.worker import shared

FEW_PAIRS = 500_000
COMPARE_SECONDS = 2.0
MOST_PLACES = 100  # of one quote in one text

# Typographic marks that people and models write as the plain ones, beyond what NFKC does.
_PLAIN = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "‟": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "\u00ad": "",
    "\u200b": "", "\ufeff": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NormalisedText:
    """A text after normalisation; character i came from [starts[i], ends[i]) of the first text."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the first text behind [start, end), which is not empty."""
        return self.starts[start], self.ends[end - 1]


def normalised(text: str) -> NormalisedText:
    """NFKC, plain quotation marks and dashes, and each run of white space as one space.

    Ends are stripped. A character and the marks that combine with it are normalised together.
    """
    out = StringIO()
    starts, ends = array("Q"), array("Q")
    space = False
    for place, cluster in _clusters(text):
        raw = nfkc("".join(_PLAIN.get(mark, mark) for mark in cluster))
        written = " ".join(raw.split())
        space = space or raw[:1].isspace()  # a spacing accent becomes a space and a combining mark
        if not written:
            continue
        if space and ends:
            out.write(" ")
            starts.append(ends[-1])
            ends.append(place if place > ends[-1] else place + len(cluster))
        space = raw[-1:].isspace()
        out.write(written)
        starts.extend([place] * len(written))
        ends.extend([place + len(cluster)] * len(written))
    return NormalisedText(out.getvalue(), starts, ends)


def find_exact(text: str, quote: str) -> list[tuple[int, int]]:
    """Every span of `text` that is the quote without the white space at its ends, overlapping ones
    included; none for a quote of nothing but white space."""
    quote = quote.strip()
    return [(at, at + len(quote)) for at in _all(text, quote)] if quote else []


def find_normalised(known: NormalisedText, quote: str) -> list[tuple[int, int]]:
    """The spans of the first text where the normalised quote is in the normalised text."""
    wanted = normalised(quote).text
    if not wanted:
        return []
    return list(dict.fromkeys(known.span(at, at + len(wanted)) for at in _all(known.text, wanted)))


def shared_characters(text: str, quote: str) -> int:
    """How many characters of a quote a text has in blocks that follow each other (Ratcliff and Obershelp).

    The search may take the product of both lengths and more: beyond FEW_PAIRS it runs in the
    worker. Raises DeadlineExceeded where it does not end within COMPARE_SECONDS.
    """
    if len(text) * len(quote) <= FEW_PAIRS:
        return shared_here(text, quote)
    place = f"{__name__}:shared_here"
    try:
        return int(shared().call(place, text, quote, timeout_s=COMPARE_SECONDS))
    except DeadlineExceeded:
        work = f"the comparison of a quote of {len(quote):,} characters"
        raise DeadlineExceeded(work, COMPARE_SECONDS) from None


def shared_here(text: str, quote: str) -> int:
    """`shared_characters` without any bound, for use inside the worker."""
    blocks = SequenceMatcher(None, text, quote, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks)


def _all(text: str, part: str) -> list[int]:
    found: list[int] = []
    at = text.find(part)
    while at >= 0 and len(found) < MOST_PLACES:
        found.append(at)
        at = text.find(part, at + 1)
    return found


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """(place, character with the marks and jamo that may combine with it)."""
    if text.isascii():
        yield from enumerate(text)
        return
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or not _continues(text[place]):
            yield start, text[start:place]
            start = place


def _continues(character: str) -> bool:
    if character.isascii():
        return False
    jamo = "\u1160" <= character <= "\u11ff"
    return jamo or unicodedata.category(character) in ("Mn", "Mc", "Me")
