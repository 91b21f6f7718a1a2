"""Text into the words that BM25 counts: split, without stop words, stemmed.

A word is a run of letters and digits of any script with its combining marks, case folded, after NFKC.
Of plain ASCII text these are the matches of `[a-z0-9]+`. Scripts that write no spaces (Han, kana, Thai,
Lao, Khmer, Burmese) give overlapping pairs of characters; marks of writing direction, zero-width
characters and soft hyphens are left out.
"""

import re
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal, get_args

from prompteval.core.errors import UsageError
from prompteval.core.problem import did_you_mean
from prompteval.core.unicode import nfkc

Language = Literal["english", "none"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
VERSION = 1

# The 33 words Lucene's EnglishAnalyzer leaves out; the bm25s package calls the same list "english".
ENGLISH_STOP_WORDS = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it", "no",
    "not", "of", "on", "or", "such", "that", "the", "their", "then", "there", "these", "they", "this", "to",
    "was", "will", "with",
})  # fmt: skip
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_UNSEEN = re.compile(r"[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]+")
_WITHOUT_SPACES = (
    r"\u3005\u3007\u3041-\u3096\u309d\u309e\u30a1-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003fffd"
    r"\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u1000-\u109f\u1780-\u17d3"
)
# Combining marks stand below this, but for the variation selectors, which say nothing of a word.
_LAST_MARK = 0x1E94A


@dataclass(frozen=True, slots=True)
class Words:
    """How text becomes words; both choices stand in the identity of an index."""

    stemmer: Language = "english"
    stopwords: Language = "english"

    def __post_init__(self) -> None:
        """Raises UsageError for a stemmer or a stop list that is not known."""
        for name, value in (("stemmer", self.stemmer), ("stopwords", self.stopwords)):
            if value not in LANGUAGES:
                raise UsageError(f"bm25: there is no {name} {value!r}", did_you_mean(value, LANGUAGES))

    @property
    def identity(self) -> str:
        unicode = unicodedata.unidata_version
        return f"words@{VERSION}(unicode={unicode},stemmer={self.stemmer},stopwords={self.stopwords})"

    def of(self, text: str) -> list[str]:
        """The words of a text in their order, repeats included."""
        term = self.term_of()
        return [found for word in split_words(text) if (found := term(word)) is not None]

    def term_of(self) -> Callable[[str], str | None]:
        """What a word is counted as: its stem; None for a stop word."""
        stops = ENGLISH_STOP_WORDS if self.stopwords == "english" else frozenset()
        stem = _english_stemmer() if self.stemmer == "english" else str
        return lambda word: None if word in stops else stem(word)


def split_words(text: str) -> list[str]:
    """The words of a text, folded, with stop words and unstemmed."""
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    folded = nfkc(_UNSEEN.sub("", text)).casefold()
    found: list[str] = []
    for match in _any_word().finditer(nfkc(folded)):
        word = match[0]
        if match.lastgroup == "pairs" and len(word) > 1:
            found.extend(map("".join, pairwise(word)))
        else:
            found.append(word)
    return found


@lru_cache(maxsize=1)
def _any_word() -> re.Pattern[str]:
    marks = "".join(
        f"\\U{code:08x}"
        for code in range(0x300, min(_LAST_MARK, sys.maxunicode) + 1)
        if unicodedata.category(chr(code)) in ("Mn", "Mc") and not 0xFE00 <= code <= 0xFE0F
    )
    letter = rf"[^\W_{_WITHOUT_SPACES}]"
    return re.compile(rf"(?P<pairs>[{_WITHOUT_SPACES}]+)|{letter}(?:{letter}|[{marks}])*")


@lru_cache(maxsize=1)
def _english_stemmer() -> Callable[[str], str]:
    import Stemmer

    stem: Callable[[str], str] = Stemmer.Stemmer("english").stemWord
    return stem
