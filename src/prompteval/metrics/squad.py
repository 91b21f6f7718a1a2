"""Exact match and token F1 of short answers, normalised as the SQuAD 2.0 evaluation does.

(Rajpurkar, Jia and Liang 2018; the official evaluate-v2.0.py.)
"""

import re
import string
from collections import Counter
from collections.abc import Iterable

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise(text: str) -> str:
    """Lower case, without ASCII punctuation and a, an, the; runs of white space are one space."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(answer: str, references: Iterable[str]) -> float:
    """1 where the normalised answer is a normalised reference, else 0; 1 for an empty answer to none."""
    wanted = [normalise(reference) for reference in references] or [""]
    return float(normalise(answer) in wanted)


def token_f1(answer: str, references: Iterable[str]) -> float:
    """The greatest F1 of shared tokens over the references, 0 to 1; both empty is 1, one empty is 0."""
    return max(_f1(normalise(answer).split(), normalise(r).split()) for r in list(references) or [""])


def _f1(given: list[str], wanted: list[str]) -> float:
    if not given or not wanted:
        return float(given == wanted)
    common = (Counter(given) & Counter(wanted)).total()
    if not common:
        return 0.0
    precision, recall = common / len(given), common / len(wanted)
    return 2 * precision * recall / (precision + recall)
