"""Text of any script becomes words."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.word_splitting import split_words, words_like, words_or_symbols


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Naïve CAFE\u0301 Straße", ["naïve", "café", "strasse"]),
        ("x_y 3.5 it's", ["x", "y", "3", "5", "it", "s"]),
        ("日本語 東", ["日本", "本語", "東"]),
        ("हिन्दी भाषा ३५", ["हिन्दी", "भाषा", "35"]),
        ("\u202bשלום\u200f עולם\u202c שָׁלוֹם", ["שלום", "עולם", "שלום"]),
        ("می\u200cخواهم", ["میخواهم"]),
        ("مُحَمَّد محمـــد ٢٠٢٤", ["محمد", "محمد", "2024"]),
        ("release 東京 v2", ["release", "東京", "v2"]),
        ("서울은 수도", ["서울", "울은", "수도"]),
        ("ジョン・スミス", ["ジョ", "ョン", "スミ", "ミス"]),
        ("ｶﾞｽ ＡＢＣ１２", ["ガス", "abc12"]),
        ("ภาษา", ["ภา", "าษ", "ษา"]),
        ("ΟΔΥΣΣΕΥΣ Οδυσσεύς", ["οδυσσευσ", "οδυσσεύσ"]),
        ("İstanbul i̇stanbul ISTANBUL ıstanbul", ["istanbul"] * 4),
        ("iPhone™ 1½ 5㎞", ["iphone", "1", "1", "2", "5km"]),
        ("", []),
        ("… — 🙂", []),
    ],
)
def test_words_of_many_scripts(text: str, words: list[str]) -> None:
    """Marks stay with their letter, what is optional in writing goes, unspaced scripts give pairs."""
    assert split_words(text) == words


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_ascii_words_are_runs_of_letters_and_digits(text: str) -> None:
    """As the reference figures of Cranfield and CISI are defined."""
    assert split_words(text) == words_like(text)(text) == re.findall(r"[a-z0-9]+", text.lower())


@given(st.text())
def test_composed_and_decomposed_text_have_the_same_words(text: str) -> None:
    """However an accent is typed, the word is found."""
    assert split_words(unicodedata.normalize("NFD", text)) == split_words(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize("text", ["🙂👍", "→ ∞", "Ý", "é", "ё", "あ", "한", "ก"])
def test_a_text_that_is_not_ascii_is_never_without_words(text: str) -> None:
    """A symbol counts where there is nothing else."""
    assert words_like(text)(text) and words_or_symbols(text) and not words_or_symbols("?!")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The café of the Beyoncé fans", ["the", "caf", "of", "the", "beyonc", "fans"]),
        ("“Don’t” – the end…", ["don", "t", "the", "end"]),
        ("Die Hauptstadt von Österreich", ["die", "hauptstadt", "von", "österreich"]),
        ("The capital of Russia is Москва", ["the", "capital", "of", "russia", "is", "москва"]),
        ("Thủ đô của Ý", ["thủ", "đô", "của", "ý"]),
    ],
)
def test_english_is_counted_as_rouge_score_does_it(text: str, words: list[str]) -> None:
    """With a foreign name in it too; a text of another language has whole words."""
    assert words_like(text)(text) == words
