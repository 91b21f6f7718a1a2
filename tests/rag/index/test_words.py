"""Words become the terms that BM25 counts."""

import bm25s.stopwords
import pytest

from prompteval.core.errors import UsageError
from prompteval.rag.index.words import ENGLISH_STOP_WORDS, Words


def test_stop_words_go_before_stems_are_made() -> None:
    """`his` is no stop word and is stemmed to `his`; `this` is one."""
    assert Words().of("This is his running") == ["his", "run"]
    assert Words("none", "english").of("This is his running") == ["his", "running"]
    assert Words("english", "none").of("This is his running") == ["this", "is", "his", "run"]


def test_the_stop_words_are_those_of_lucene() -> None:
    """The same 33 as the bm25s package has."""
    assert frozenset(bm25s.stopwords.STOPWORDS_EN) == ENGLISH_STOP_WORDS


def test_an_unknown_language_names_the_known() -> None:
    """A stemmer that is not there is no quiet `none`."""
    with pytest.raises(UsageError, match="unknown stemmer 'german'"):
        Words("german")  # type: ignore[arg-type]
