"""Where sentences begin, by rules that need no language model.

After UAX 29 and the golden rules of pysbd: list marks, abbreviations, initials and ordinal numbers end
no sentence, and each item of a list begins one. VERSION is raised whenever a text is split otherwise.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from prompteval.core.abbreviations import BEFORE_NUMBERS, BEFORE_ORDINALS, BEGIN, MAY_END, MONTHS, TITLES

VERSION = 2

# An end mark with closing quotes, and white space behind it; East Asian marks need none. A run of
# marks is looked at from its first one only, and never given back, so that no text takes the square
# of its length. A list mark that begins a line begins a sentence.
_LIST = r"(?:[-*+•‣◦–—]|\d{1,3}[.)]|\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,4})\))[^\S\n]"
_SENTENCE = re.compile(
    r"""(?:(?<![.!?…؟۔।॥])[.!?…؟۔।॥։።፧᱾᱿‼⁇⁈⁉]++["'”’“»«›‹)\]]*+(?:[ \u00a0\u202f]»(?=\s))?+\s++"""
    r"|(?<=[\u0370-\u03ff\u1f00-\u1fff])[;\u037e]\s++"
    r"|(?:[。！？｡။។៕]|．(?!\d))++[」』”’）》〉】］]*+\s*+"
    r"|\n[^\S\n]*\n\s*+"
    rf"|\n[^\S\n]*+(?={_LIST}))"
)
_ITEM = re.compile(_LIST)
_MARK_ALONE = re.compile(r"[-*+•\s(]*(?:\d{1,3}|\w|[ivxIVX]{1,4})")
_LAST_WORD = re.compile(r"(\w[\w.’'-]*)\Z")
_NEXT_WORD = re.compile(r"[^\w\s]{0,3}(\w++)(?!\.)")
_ACRONYM = re.compile(r"(?:\w{1,2}\.-?)+\w{1,2}")
_AFTER_COLON = re.compile(r":\s*\d+\Z")
_LAST_TWO = re.compile(r"(\w+)\s+\d{1,2}\Z")
_DIGIT_BEFORE = re.compile(r"\d\s*\w\Z")
_CLOSED = re.compile(r"[\"'”’“»«›‹]")


def sentence_starts(text: str, start: int, end: int) -> Iterator[int]:
    """Where a sentence begins inside [start, end), but for the first.

    At a list mark that begins a line; behind an end mark, unless an abbreviation, an initial, an
    ordinal number, a list mark or a small letter says otherwise.
    """
    last = start
    for match in _SENTENCE.finditer(text, start, end):
        if match.end() < end and _ends(text, last, match):
            last = match.end()
            yield last


def split_sentences(text: str) -> list[str]:
    """The sentences without the white space around them; what is nothing else is left out."""
    edges = [0, *sentence_starts(text, 0, len(text)), len(text)]
    parts = (text[left:right].strip() for left, right in pairwise(edges))
    return [part for part in parts if part]


def _ends(text: str, last: int, match: re.Match[str]) -> bool:
    """Whether the mark ends the sentence that begins at `last`."""
    mark, behind = match[0], text[match.end()]
    if mark[0] == "\n" or "\n\n" in mark or ("\n" in mark and _ITEM.match(text, match.end())):
        return True
    if mark[-1] in "」』" and behind in "とっ":
        return False
    if behind.islower() and (mark[0] in ".…" or _CLOSED.search(mark)):
        return False
    return mark[0] != "." or _full_stop_ends(text, last, match)


def _full_stop_ends(text: str, last: int, match: re.Match[str]) -> bool:
    at = match.start()
    if at - last <= 8 and _MARK_ALONE.fullmatch(text, last, at):
        return False
    before = _LAST_WORD.search(text, max(last, at - 24), at)
    if before is None:
        return True
    word, following = before[1].lower(), _NEXT_WORD.match(text, match.end(), match.end() + 40)
    begins = following is not None and following[1].lower() in BEGIN
    if word in TITLES:
        return False
    if word in BEFORE_NUMBERS:
        return not text[match.end()].isnumeric()
    if word.isdecimal():
        return not _is_ordinal(text, at, "" if following is None else following[1].lower(), begins)
    if before[1] == "I" or word in ("a.m", "p.m"):
        return True
    if len(word) == 1:
        return begins or (
            before[1].islower() and _DIGIT_BEFORE.search(text, max(last, at - 6), at) is not None
        )
    return begins or not (word in MAY_END or _ACRONYM.fullmatch(word))


def _is_ordinal(text: str, at: int, following: str, begins: bool) -> bool:
    """Whether the number before `at` is one as in "am 5. Mai", "die 1. Bundesliga", or numbers a list."""
    if _AFTER_COLON.search(text, max(0, at - 8), at):
        return True
    before = _LAST_TWO.search(text, max(0, at - 24), at)
    if before is None:
        return False
    return following in MONTHS or (before[1].lower() in BEFORE_ORDINALS and not begins)
