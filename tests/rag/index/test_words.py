"""Text becomes the words that BM25 counts."""

import re
import unicodedata

import bm25s.stopwords
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.errors import UsageError
from prompteval.rag.index.words import ENGLISH_STOP_WORDS, Words, split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Naïve CAFE\u0301 Straße", ["naïve", "café", "strasse"]),
        ("x_y 3.5 it's", ["x", "y", "3", "5", "it", "s"]),
        ("日本語 東", ["日本", "本語", "東"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("\u202bשלום\u200f עולם\u202c", ["שלום", "עולם"]),
        ("می\u200cخواهم", ["میخواهم"]),
        ("release 東京 v2", ["release", "東京", "v2"]),
        ("ภาษา", ["ภา", "าษ", "ษา"]),
        ("", []),
        ("… — 🙂", []),
    ],
)
def test_words_of_many_scripts(text: str, words: list[str]) -> None:
    """Marks stay with their letter, direction marks vanish, unspaced scripts give pairs."""
    assert split_words(text) == words


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_ascii_words_are_runs_of_letters_and_digits(text: str) -> None:
    """As the reference figures of Cranfield and CISI are defined."""
    assert split_words(text) == re.findall(r"[a-z0-9]+", text.lower())


@given(st.text())
def test_composed_and_decomposed_text_have_the_same_words(text: str) -> None:
    """However an accent is typed, the word is found."""
    assert split_words(unicodedata.normalize("NFD", text)) == split_words(unicodedata.normalize("NFC", text))


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
    with pytest.raises(UsageError, match="no stemmer 'german'"):
        Words("german")  # type: ignore[arg-type]
