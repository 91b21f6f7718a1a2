"""The words of a text of any script: what ROUGE, BM25 and overlap count.

A word is a run of letters and digits of any script with its combining marks, case folded, after NFKC.
Of plain ASCII text these are the matches of `[a-z0-9]+`. Scripts that write no spaces between words
(Han, kana, Thai, Lao, Khmer, Burmese) and Hangul, whose particles are written to the word, give
overlapping pairs of characters. Marks of writing direction, zero-width characters, soft hyphens, the
Arabic stretching line and the vowel points of Arabic and Hebrew are left out; digits of any script
are their values; the four letters i of Turkish are one.
"""

import re
import sys
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise

from prompteval.core.unicode import nfkc

# Raised whenever a text gets other words; it is in the identity of everything that counts them.
VERSION = 2

_ASCII_WORD = re.compile(r"[a-z0-9]+")
_UNSEEN = re.compile(r"[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]+")
# Marks that NFKC would write as letters of the word before them, and fractions behind a number.
_TRADE_MARKS = re.compile(r"[™℠]")
_FRACTIONS = re.compile(r"(?<=\d)(?=[¼½¾⅐-⅞])")
# Optional in writing: tatweel, Arabic vowel signs, Hebrew points and accents.
_POINTS = re.compile(r"[\u0640\u064b-\u0652\u0670\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]+")
_OTHER_DIGIT = re.compile(r"[^\D0-9]")
# Unicode's own folding of these two depends on the language; here a capital is found in either small letter.
_TURKISH = str.maketrans({"ı": "i", "\u0130": "i"})
_DOTTED = "i\u0307"
# Words with a letter or digit that is not ASCII, and words that hardly another Latin language has.
_FOREIGN = re.compile(r"[^\W\x00-\x7f]\w*+")
_FUNCTION_WORD = re.compile(r"\b(?:the|and|of|with|that|from|this|which|were)\b|\w['’]s\b", re.IGNORECASE)
_WITHOUT_SPACES = (
    r"\u3005\u3007\u3041-\u3096\u309d\u309e\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003fffd"
    r"\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u1000-\u103f\u104a-\u109f\u1780-\u17d3\u1950-\u19df\u1a20-\u1a7f"
    r"\ua9e0-\ua9ef\ua9fa-\ua9fe\uaa60-\uaadf\uac00-\ud7a3"
)
# Combining marks stand below this, but for the variation selectors, which say nothing of a word.
_LAST_MARK = 0x1E94A


def split_words(text: str) -> list[str]:
    """The words of a text in their order, folded, repeats included. Takes time in proportion to the text."""
    if text.isascii():
        return _ascii_words(text)
    found: list[str] = []
    for match in _any_word().finditer(folded(text)):
        word = match[0]
        if match.lastgroup == "pairs" and len(word) > 1:
            found.extend(map("".join, pairwise(word)))
        else:
            found.append(word)
    return found


def words_or_symbols(text: str) -> list[str]:
    """The words; of a text that has none, such as one of emoji, its symbols that are not ASCII."""
    found = split_words(text)
    if found or text.isascii():
        return found
    return [mark for mark in text if unicodedata.category(mark) in ("So", "Sm", "Sc", "Co")]


def words_like(text: str) -> Callable[[str], list[str]]:
    """How the words of a text, and of what it is compared with, are counted.

    English, also with a foreign name in it, by runs of `[a-z0-9]`, as rouge-score and the published
    figures do: their letters with accents part words. All else by `words_or_symbols`. A text with a
    letter that is not Latin never counts as English, nor does one with more words that have accents
    than English function words.
    """
    if text.isascii() or _is_english(text):
        return _ascii_words
    return words_or_symbols


def _ascii_words(text: str) -> list[str]:
    return _ASCII_WORD.findall(text.lower())


def _is_english(text: str) -> bool:
    foreign = sum(1 for _ in _FOREIGN.finditer(text))
    if not foreign:
        return any(letter.isascii() and letter.isalnum() for letter in text)
    if any(not _is_latin(letter) for letter in set(text)):
        return False
    return sum(1 for _ in _FUNCTION_WORD.finditer(text)) >= foreign


def _is_latin(letter: str) -> bool:
    return letter.isascii() or not letter.isalnum() or "LATIN" in unicodedata.name(letter, "")


def folded(text: str) -> str:
    """The text as its words are compared: NFKC, without case and what is only there to be seen."""
    if text.isascii():
        return text.lower()
    text = _FRACTIONS.sub(" ", _TRADE_MARKS.sub(" ", _UNSEEN.sub("", text)))
    text = nfkc(nfkc(text).translate(_TURKISH).casefold())
    text = _POINTS.sub("", text.replace(_DOTTED, "i").translate(_TURKISH))
    return _OTHER_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), text)


def characters_of_unspaced(text: str) -> str:
    """The text with a space around each character of a script that writes none, and of Hangul."""
    return _unspaced().sub(r" \g<0> ", text)


@lru_cache(maxsize=1)
def _unspaced() -> re.Pattern[str]:
    return re.compile(f"[{_WITHOUT_SPACES}][{_marks()}]*")


@lru_cache(maxsize=1)
def _any_word() -> re.Pattern[str]:
    letter = rf"[^\W_{_WITHOUT_SPACES}]"
    return re.compile(rf"(?P<pairs>[{_WITHOUT_SPACES}]+)|{letter}(?:{letter}|[{_marks()}])*")


@lru_cache(maxsize=1)
def _marks() -> str:
    return "".join(
        f"\\U{code:08x}"
        for code in range(0x300, min(_LAST_MARK, sys.maxunicode) + 1)
        if unicodedata.category(chr(code)) in ("Mn", "Mc") and not 0xFE00 <= code <= 0xFE0F
    )
