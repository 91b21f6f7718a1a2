"""Where sentences begin, by rules that need no language model."""

import re
from collections.abc import Iterator
from itertools import pairwise

# An end mark with closing quotes, and white space behind it; East Asian marks need none. A run of
# marks is looked at from its first one only, and never given back, so that no text takes the square
# of its length.
_SENTENCE = re.compile(
    r"""(?:(?<![.!?…؟۔।॥])[.!?…؟۔।॥]++["'”’»)\]]*+\s++|[。！？｡]++[」』”’）]*+\s*+|\n[^\S\n]*+\n\s*+)"""
)
_LAST_WORD = re.compile(r"(\w[\w.]*)\Z")
# fmt: off
_ABBREVIATIONS = frozenset({
    "mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "vs", "etc", "e.g", "i.e", "cf", "al", "fig", "eq",
    "no", "nos", "vol", "pp", "ed", "eds", "inc", "ltd", "co", "corp", "dept", "approx", "est", "art", "sec",
    "bzw", "z.b", "d.h", "usw", "nr", "ca",
    "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
})
# fmt: on


def sentence_starts(text: str, start: int, end: int) -> Iterator[int]:
    """Where a sentence begins inside [start, end), but for the first.

    Behind an end mark, unless an abbreviation, an initial or a small letter says otherwise.
    """
    for match in _SENTENCE.finditer(text, start, end):
        if match.end() < end and _ends(text, match):
            yield match.end()


def split_sentences(text: str) -> list[str]:
    """The sentences without the white space around them; what is nothing else is left out."""
    edges = [0, *sentence_starts(text, 0, len(text)), len(text)]
    parts = (text[left:right].strip() for left, right in pairwise(edges))
    return [part for part in parts if part]


def _ends(text: str, match: re.Match[str]) -> bool:
    """Whether the mark ends a sentence. Only a full stop is ever in doubt."""
    if text[match.start()] != "." or "\n\n" in match[0]:
        return True
    if text[match.end()].islower():
        return False
    before = _LAST_WORD.search(text, max(0, match.start() - 20), match.start())
    if before is None:
        return True
    word = before[1]
    return not (word.lower() in _ABBREVIATIONS or (len(word) == 1 and word.isupper() and word != "I"))
