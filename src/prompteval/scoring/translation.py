"""BLEU and chrF: a value for each case, and the counts that make the value of the whole corpus."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

from prompteval.core.case import Case
from prompteval.core.errors import MissingExtra
from prompteval.core.observation import Score
from prompteval.scoring.base import BaseScorer, as_text, refuse_longer
from prompteval.scoring.overlap import references

LONGEST_NGRAM = 6
# Six counters of n-grams of a text of this length take 100 MB.
MAX_CHARACTERS = 200_000


@dataclass(frozen=True)
class _CorpusScorer(BaseScorer):
    """A scorer whose evidence adds up over cases; an unusable output counts as an empty one."""

    graded = True

    def judge(self, expected: Any, answer: Any, case: Case) -> Score:
        return self._counted(references(expected), as_text(answer), "")

    def _worst(self, expected: Any, reason: str) -> Score:
        return self._counted(references(expected), "", reason)

    def _counted(self, wanted: list[str], answer: str, reason: str) -> Score:
        if not wanted:
            return Score(self.name, None, status="failed", reason="expected is an empty list")
        for what, text in (("an answer", answer), *(("a reference", reference) for reference in wanted)):
            refuse_longer(self.reports[0], what, len(text), MAX_CHARACTERS, "characters")
        counts, value = self.count(wanted, answer)
        return Score(self.name, value, reason=reason, evidence={self.reports[0]: counts})

    def count(self, wanted: Sequence[str], answer: str) -> tuple[list[int], float]:
        """(counts that add up over cases, value of this case from 0 to 1)."""
        raise TypeError(f"{type(self).__name__} has no rule")


@dataclass(frozen=True)
class Bleu(_CorpusScorer):
    """Sentence BLEU from 0 to 1; the metric `bleu` is that of the corpus, 0 to 100.

    Both are sacrebleu's, with its 13a tokens; expected may be a list of references. Raises
    MissingExtra when it is made without sacrebleu.
    """

    reports = ("bleu",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if find_spec("sacrebleu") is None:
            raise MissingExtra("the scorer bleu", "metrics")

    def count(self, wanted: Sequence[str], answer: str) -> tuple[list[int], float]:
        found = _sentence_bleu().sentence_score(answer, list(wanted))
        counts = [found.sys_len, found.ref_len, *found.counts, *found.totals]
        return [int(count) for count in counts], min(max(float(found.score) / 100.0, 0.0), 1.0)


@cache
def _sentence_bleu() -> Any:
    from sacrebleu.metrics import BLEU

    return BLEU(effective_order=True)  # a sentence may be shorter than four tokens


@dataclass(frozen=True)
class Chrf(_CorpusScorer):
    """Sentence chrF2 from 0 to 1 (Popović 2015); the metric `chrf` is that of the corpus, 0 to 100.

    Character 1- to 6-grams without white space; of several references the best one counts.
    """

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
