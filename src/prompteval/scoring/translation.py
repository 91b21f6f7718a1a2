"""BLEU and chrF: a value for each case, and the counts that make the value of the whole corpus."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any, Literal

from pydantic import Field

from prompteval._version import __version__
from prompteval.core.case import Case
from prompteval.core.errors import MissingExtra, UsageError
from prompteval.core.observation import Score
from prompteval.scoring.base import BaseScorer, as_text, refuse_longer
from prompteval.scoring.options import GradedOptions
from prompteval.scoring.overlap import references

LONGEST_NGRAM = 6
# Six counters of n-grams of a text of this length take 100 MB.
MAX_CHARACTERS = 200_000
AUTO: Literal["auto"] = "auto"
# Those of sacrebleu that fetch nothing from the network.
Tokenizer = Literal["auto", "13a", "intl", "zh", "char", "none", "ja-mecab", "ko-mecab"]
_NEEDED = {"ja-mecab": ("MeCab", "sacrebleu[ja]"), "ko-mecab": ("mecab_ko", "sacrebleu[ko]")}
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd]")
_UNSPACED = re.compile(
    "[\u3041-\u3096\u30a1-\u30fa\u30fc\uff66-\uff9f\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"
)


@dataclass(frozen=True)
class _CorpusScorer(BaseScorer):
    """A scorer whose evidence adds up over cases; an unusable output counts as an empty one."""

    graded = True

    def judge(self, expected: object, answer: object, case: Case) -> Score:
        return self._counted(references(expected), as_text(answer), "")

    def _worst(self, expected: object, reason: str) -> Score:
        return self._counted(references(expected), "", reason)

    def _counted(self, wanted: list[str], answer: str, reason: str) -> Score:
        if not wanted:
            return Score(self.name, None, status="failed", reason="expected is an empty list")
        for what, text in (("an answer", answer), *(("a reference", reference) for reference in wanted)):
            refuse_longer(self.reports[0], what, len(text), MAX_CHARACTERS, "characters")
        counts, value = self.count(wanted, answer)
        return Score(
            self.name, value, reason=reason, evidence={self.reports[0]: counts, **self.evidence(wanted)}
        )

    def evidence(self, wanted: Sequence[str]) -> dict[str, Any]:
        """What else is kept of a case beside its counts."""
        return {}

    def count(self, wanted: Sequence[str], answer: str) -> tuple[list[int], float]:
        """(counts that add up over cases, value of this case from 0 to 1)."""
        raise TypeError(f"{type(self).__name__} has no rule")


class BleuOptions(GradedOptions):
    """Of `bleu`."""

    tokenize: Tokenizer = Field(
        AUTO, description="How words are separated: auto, or a tokenizer of sacrebleu."
    )


@dataclass(frozen=True)
class Bleu(_CorpusScorer):
    """Sentence BLEU from 0 to 1; the metric `bleu` is that of the corpus, 0 to 100.

    Both are sacrebleu's; expected may be a list of references. `tokenize` names one of its tokenizers;
    `auto` takes for each case the one that can read its references (`tokenizer_for`), which the evidence
    names. Raises MissingExtra when it is made without sacrebleu, and UsageError without what the tokenizer
    needs.

    Example: `bleu`
    """

    options = BleuOptions

    tokenize: str = AUTO

    rules = "tokenizers@2"
    version = f"{__version__}:{rules}"
    reports = ("bleu",)

    def __post_init__(self) -> None:
        if find_spec("sacrebleu") is None:
            raise MissingExtra("the scorer bleu", "metrics")
        package = _NEEDED.get(self.tokenize)
        if package is not None and find_spec(package[0]) is None:
            help = f"pip install '{package[1]}', or use `tokenize: char`"
            raise UsageError(f"bleu: the tokenizer {self.tokenize} is not installed", help)

    def count(self, wanted: Sequence[str], answer: str) -> tuple[list[int], float]:
        found = _sentence_bleu(self._tokenizer(wanted)).sentence_score(answer, list(wanted))
        counts = [found.sys_len, found.ref_len, *found.counts, *found.totals]
        return [int(count) for count in counts], min(max(float(found.score) / 100.0, 0.0), 1.0)

    def evidence(self, wanted: Sequence[str]) -> dict[str, object]:
        return {"tokenize": self._tokenizer(wanted)}

    def _tokenizer(self, wanted: Sequence[str]) -> str:
        return tokenizer_for("".join(wanted)) if self.tokenize == AUTO else self.tokenize


def tokenizer_for(text: str) -> str:
    """The tokenizer of sacrebleu that parts the words of a text without a dictionary.

    `char` where it has kana, Thai, Lao, Khmer or Burmese letters, which are written without spaces;
    `zh` where it has Han characters; else `13a`, which is sacrebleu's own choice for what has spaces.
    """
    if text.isascii():
        return "13a"
    return "char" if _UNSPACED.search(text) else "zh" if _HAN.search(text) else "13a"


@cache
def _sentence_bleu(tokenize: str) -> Any:
    from sacrebleu.metrics import BLEU

    return BLEU(effective_order=True, tokenize=tokenize)  # a sentence may be shorter than four tokens


@dataclass(frozen=True)
class Chrf(_CorpusScorer):
    """Sentence chrF2 from 0 to 1 (Popović 2015); the metric `chrf` is that of the corpus, 0 to 100.

    Character 1- to 6-grams without white space; of several references the best one counts.

    Example: `chrf`
    """

    options = GradedOptions
    reports = ("chrf",)

    def count(self, wanted: Sequence[str], answer: str) -> tuple[list[int], float]:
        from prompteval.metrics.ngrams import chrf

        given = _character_ngrams(answer)
        found = [_matches(given, _character_ngrams(reference)) for reference in wanted]
        values = [float(value) / 100.0 for value in chrf(found)]
        best = values.index(max(values))
        return found[best], values[best]


def _character_ngrams(text: str) -> list[Counter[str]]:
    dense = "".join(text.split())
    return [
        Counter(dense[start : start + n] for start in range(len(dense) - n + 1))
        for n in range(1, LONGEST_NGRAM + 1)
    ]


def _matches(given: list[Counter[str]], wanted: list[Counter[str]]) -> list[int]:
    """For each order: n-grams of the answer, of the reference, and shared.

    An order that the reference is too short for counts nothing.
    """
    counts: list[int] = []
    for mine, theirs in zip(given, wanted, strict=True):
        counts += [mine.total() if theirs else 0, theirs.total(), (mine & theirs).total()]
    return counts
