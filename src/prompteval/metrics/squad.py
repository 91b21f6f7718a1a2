"""Exact match and token F1 of short answers, normalised as the SQuAD 2.0 evaluation does.

(Rajpurkar, Jia and Liang 2018; the official evaluate-v2.0.py.) Where a text has a letter or digit that
is not ASCII, that text and what it is compared with are normalised for any script, after MLQA (Lewis
et al. 2020, mlqa_evaluation_v1.py): punctuation of all Unicode goes, and each character of a script
that writes no spaces is a token; of Hangul too, as in KorQuAD.
"""

import re
import string
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache

from prompteval.core.words import characters_of_unspaced, folded

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
    return max(_f1(_tokens(how(answer)), _tokens(how(wanted))) for wanted, how in _pairs(answer, references))


def _pairs(answer: str, references: Iterable[str]) -> list[tuple[str, Normalise]]:
    """Each reference, of none the empty one, with how it and the answer are normalised."""
    plain = _is_ascii(answer)
    return [
        (wanted, normalise if plain and _is_ascii(wanted) else normalise_any)
        for wanted in list(references) or [""]
    ]


def _is_ascii(text: str) -> bool:
    return text.isascii() or not any(mark.isalnum() and not mark.isascii() for mark in text)


def _tokens(text: str) -> list[str]:
    return (text if text.isascii() else characters_of_unspaced(text)).split()


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
