"""Overlap of texts: ROUGE-1, ROUGE-2 and ROUGE-L."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from prompteval._version import __version__
from prompteval.core.case import Case
from prompteval.core.observation import Score
from prompteval.core.word_splitting import VERSION, words_like
from prompteval.scoring.base import BaseScorer, as_text, refuse_longer
from prompteval.scoring.options import GradedOptions

MAX_TOKENS = 100_000
# Of the words that are counted; scores of another version are not compared as if nothing had changed.
WORDS = f"words@{VERSION}"


def longest_common_subsequence(left: list[str], right: list[str]) -> int:
    """Its length, by the bits of one integer (Hyyrö 2004): len(left) x len(right) / 60 steps or so."""
    left, right = sorted((left, right), key=len)
    places: dict[str, int] = {}
    for index, token in enumerate(left):
        places[token] = places.get(token, 0) | 1 << index
    every = (1 << len(left)) - 1
    row = every  # a bit is 0 where the subsequence grows by one
    for token in right:
        found = row & places.get(token, 0)
        if found:
            row = (row + found | row - found) & every
    return len(left) - row.bit_count()


def rouge_l(reference: str, answer: str) -> float:
    """F1 of the longest common subsequence (Lin 2004, equations 2 to 4 with beta = 1); 0 for empty texts.

    Tokens are those of `core.words.words_like`, in English the same as rouge-score's. Raises TooLong for a
    text of more than MAX_TOKENS tokens: time grows with the product of both.
    """
    words = words_like(f"{reference} {answer}")
    wanted, given = words(reference), words(answer)
    for name, found in (("an answer", given), ("a reference", wanted)):
        refuse_longer("rouge_l", name, len(found), MAX_TOKENS, "words")
    return _f1(longest_common_subsequence(wanted, given), len(wanted), len(given))


def rouge_n(reference: str, answer: str, n: int) -> float:
    """F1 of shared n-grams of tokens, n 1 or 2 (Lin 2004, section 2); 0 where one text has none."""
    words = words_like(f"{reference} {answer}")
    wanted, given = (_ngrams(words(text), n) for text in (reference, answer))
    return _f1((wanted & given).total(), wanted.total(), given.total())


def _ngrams(found: list[str], n: int) -> Counter[object]:
    return Counter(found) if n == 1 else Counter(pairwise(found))


def _f1(common: int, wanted: int, given: int) -> float:
    if not common:
        return 0.0
    precision, recall = common / given, common / wanted
    return 2 * precision * recall / (precision + recall)


@dataclass(frozen=True)
class RougeL(BaseScorer):
    """ROUGE-L F1; the best over the references where expected is a list.

    Example: `{rouge_l: {threshold: 0.5}}`
    """

    options = GradedOptions
    graded = True
    rules = WORDS
    version = f"{__version__}:{WORDS}"
    reports = ("rouge_l",)

    def judge(self, expected: object, answer: object, case: Case) -> Score:
        text = as_text(answer)
        value = max((rouge_l(item, text) for item in references(expected)), default=0.0)
        return Score(self.name, value, evidence={"rouge_l": value})

    def _worst(self, expected: object, reason: str) -> Score:
        return Score(self.name, 0.0, reason=reason, evidence={"rouge_l": 0.0})


@dataclass(frozen=True)
class Rouge(BaseScorer):
    """ROUGE-L F1, with ROUGE-1 and ROUGE-2 as evidence; each the best over the references.

    Example: `rouge`
    """

    options = GradedOptions
    graded = True
    rules = WORDS
    version = f"{__version__}:{WORDS}"
    reports = ("rouge_1", "rouge_2", "rouge_l")

    def judge(self, expected: object, answer: object, case: Case) -> Score:
        wanted, text = references(expected), as_text(answer)
        found = {
            "rouge_1": max((rouge_n(item, text, 1) for item in wanted), default=0.0),
            "rouge_2": max((rouge_n(item, text, 2) for item in wanted), default=0.0),
            "rouge_l": max((rouge_l(item, text) for item in wanted), default=0.0),
        }
        return Score(self.name, found["rouge_l"], evidence=found)

    def _worst(self, expected: object, reason: str) -> Score:
        return Score(self.name, 0.0, reason=reason, evidence=dict.fromkeys(self.reports, 0.0))


def references(expected: object) -> list[str]:
    """The texts an answer may match: every item where expected is a list."""
    return [as_text(item) for item in (expected if isinstance(expected, list) else [expected])]
