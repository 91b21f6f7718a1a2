"""Tokens of any part of a document from one tokenisation of the whole."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from prompteval.core.graphemes import is_inside
from prompteval.core.protocols import TokenCounter


class TextMeasure:
    """A document's text with the places its tokens begin.

    `tokens` is a look-up, and near: a part cut out and tokenised again may have a token more or
    less at its ends. `exact` counts the part itself.
    """

    def __init__(self, text: str, counter: TokenCounter) -> None:
        self.text = text
        self._counter = counter
        self._starts = counter.starts(text)
        self._plain = text.isascii()

    def tokens(self, start: int, end: int) -> int:
        """Tokens that have a character in [start, end)."""
        return bisect_left(self._starts, end) - self._token_at(start)

    def exact(self, start: int, end: int) -> int:
        """Tokens of `text[start:end]` on its own."""
        return self._counter.count(self.text[start:end])

    def fits(self, start: int, end: int, size: int) -> bool:
        """Whether [start, end) has at most `size` tokens; counted only where the look-up says it may."""
        return self.tokens(start, end) <= size and self.exact(start, end) <= size

    def stripped(self, start: int, end: int) -> tuple[int, int]:
        """[start, end) without the white space at its ends; empty where it is nothing else."""
        while start < end and self.text[end - 1].isspace():
            end -= 1
        while start < end and self.text[start].isspace():
            start += 1
        return start, end

    def after(self, start: int, tokens: int) -> int:
        """The furthest place that [start, place) reaches with at most `tokens` tokens."""
        at = self._token_at(start) + tokens
        return self._starts[at] if at < len(self._starts) else len(self.text)

    def before(self, end: int, tokens: int) -> int:
        """The earliest place from which [place, end) has at most `tokens` tokens."""
        at = self._token_at(end) - tokens
        return 0 if at <= 0 else self._starts[at]

    def cuts(self, start: int, end: int) -> list[int]:
        """The places strictly inside (start, end) where a token begins, each once."""
        inside = self._starts[bisect_right(self._starts, start) : bisect_left(self._starts, end)]
        return list(dict.fromkeys(inside))

    def uncut(self, places: Iterable[int]) -> list[int]:
        """Those of the places that part no cluster of characters."""
        return [place for place in places if self._plain or not is_inside(self.text, place)]

    def _token_at(self, place: int) -> int:
        """The first token that has the character at `place`; a space before a word is in the word's token."""
        at = bisect_left(self._starts, place)
        inside = at > 0 and place < len(self.text) and (at == len(self._starts) or self._starts[at] > place)
        return at - 1 if inside else at
