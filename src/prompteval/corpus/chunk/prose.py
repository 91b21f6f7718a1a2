"""Where paragraphs, lines, sentences and words begin, by rules that need no language model."""

import re
from collections.abc import Iterator

from prompteval.core.sentences import sentence_starts
from prompteval.corpus.chunk.cut import Level

_PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
_LINE = re.compile(r"\n\s*")
_WORD = re.compile(r"\s+")


def paragraphs(text: str) -> Level:
    """Behind an empty line."""
    return _behind(_PARAGRAPH, text)


def lines(text: str) -> Level:
    """Behind a line break."""
    return _behind(_LINE, text)


def words(text: str) -> Level:
    """Behind white space."""
    return _behind(_WORD, text)


def sentences(text: str) -> Level:
    """Behind an end mark, unless an abbreviation, an initial or a small letter says otherwise."""

    return lambda start, end: sentence_starts(text, start, end)


def _behind(pattern: re.Pattern[str], text: str) -> Level:
    def level(start: int, end: int) -> Iterator[int]:
        for match in pattern.finditer(text, start, end):
            if match.end() < end:
                yield match.end()

    return level
