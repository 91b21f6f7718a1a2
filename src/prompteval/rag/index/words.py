"""Text into the words that BM25 counts: split, without stop words, stemmed."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import get_args

from prompteval.core.errors import UsageError
from prompteval.core.problem import did_you_mean
from prompteval.core.word_splitting import VERSION, split_words
from prompteval.workspace.rag_options import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)

# The 33 words Lucene's EnglishAnalyzer leaves out; the bm25s package calls the same list "english".
ENGLISH_STOP_WORDS = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it", "no",
    "not", "of", "on", "or", "such", "that", "the", "their", "then", "there", "these", "they", "this", "to",
    "was", "will", "with",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """How text becomes words; both choices are in the identity of an index."""

    stemmer: Language = "english"
    stopwords: Language = "english"

    def __post_init__(self) -> None:
        """Raises UsageError for a stemmer or a stop list that is not known."""
        for name, value in (("stemmer", self.stemmer), ("stopwords", self.stopwords)):
            if value not in LANGUAGES:
                raise UsageError(f"bm25: unknown {name} {value!r}", did_you_mean(value, LANGUAGES))

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


@lru_cache(maxsize=1)
def _english_stemmer() -> Callable[[str], str]:
    import Stemmer

    stem: Callable[[str], str] = Stemmer.Stemmer("english").stemWord
    return stem
