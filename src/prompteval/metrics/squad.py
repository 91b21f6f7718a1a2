"""Exact match and token F1 of short answers, normalised as the SQuAD 2.0 evaluation does.

(Rajpurkar, Jia and Liang 2018; the official evaluate-v2.0.py.) Where the reference has a letter or digit
that is not ASCII, or most letters of the answer are not Latin, both are normalised for any script, after
MLQA (Lewis et al. 2020, mlqa_evaluation_v1.py): punctuation of all Unicode goes, and each character of a
script that writes no spaces is a token, unless both texts are mostly Latin; of Hangul too, as in KorQuAD.
"""

import re
import string
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache

from prompteval.core.word_splitting import characters_of_unspaced, folded

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
Normalise = Callable[[str], str]


def normalise(text: str) -> str:
    """Lower case, without ASCII punctuation and a, an, the; runs of white space are one space."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def normalise_any(text: str) -> str:
    """The same for any script: NFKC, case folded, without the punctuation of all Unicode."""
    return " ".join(_ARTICLES.sub(" ", folded(text).translate(_all_punctuation())).split())


def exact_match(answer: str, references: Iterable[str]) -> float:
    """1 where the normalised answer is a normalised reference, else 0; 1 for an empty answer to none."""
    return float(any(how(answer) == how(wanted) for wanted, how in _pairs(answer, references)))


def token_f1(answer: str, references: Iterable[str]) -> float:
    """The greatest F1 of shared tokens over the references, 0 to 1; both empty is 1, one empty is 0."""
    latin = _is_latin(answer)
    return max(
        _f1(*(_tokens(how(text), whole=latin and _is_latin(wanted)) for text in (answer, wanted)))
        for wanted, how in _pairs(answer, references)
    )


def _pairs(answer: str, references: Iterable[str]) -> list[tuple[str, Normalise]]:
    """Each reference, of none the empty one, with how it and the answer are normalised."""
    plain = _is_latin(answer)
    return [
        (wanted, normalise if plain and _is_ascii(wanted) else normalise_any)
        for wanted in list(references) or [""]
    ]


def _is_ascii(text: str) -> bool:
    return text.isascii() or not any(mark.isalnum() and not mark.isascii() for mark in text)


def _is_latin(text: str) -> bool:
    """Whether at least half of the letters are Latin: an English answer may quote a foreign name."""
    if text.isascii():
        return True
    letters = [mark for mark in text if mark.isalpha()]
    latin = sum(mark.isascii() or unicodedata.name(mark, "").startswith("LATIN") for mark in letters)
    return 2 * latin >= len(letters)


def _tokens(text: str, *, whole: bool) -> list[str]:
    """Words; a character of a script without spaces is one, but not a foreign word's between Latin ones."""
    return (text if whole else characters_of_unspaced(text)).split()


@cache
def _all_punctuation() -> dict[int, None]:
    every = (code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code))[0] == "P")
    return dict.fromkeys([*every, *map(ord, string.punctuation)])


def _f1(given: list[str], wanted: list[str]) -> float:
    if not given or not wanted:
        return float(given == wanted)
    common = (Counter(given) & Counter(wanted)).total()
    if not common:
        return 0.0
    precision, recall = common / len(given), common / len(wanted)
    return 2 * precision * recall / (precision + recall)
