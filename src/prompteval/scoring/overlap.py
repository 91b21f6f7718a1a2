"""Overlap of texts: ROUGE-L."""

import re
from dataclasses import dataclass
from typing import Any

from prompteval.core.case import Case
from prompteval.core.observation import Score
from prompteval.scoring.base import BaseScorer, as_text

_TOKEN = re.compile(r"[a-z0-9]+")


def tokens(text: str) -> list[str]:
    """Lower-case runs of ASCII letters and digits."""
    return _TOKEN.findall(text.lower())


def longest_common_subsequence(left: list[str], right: list[str]) -> int:
    """Its length; time O(len(left) x len(right)), memory O(len(right))."""
    row = [0] * (len(right) + 1)
    for one in left:
        before = 0
        for index, other in enumerate(right, 1):
            above = row[index]
            row[index] = before + 1 if one == other else max(above, row[index - 1])
            before = above
    return row[-1]


def rouge_l(reference: str, answer: str) -> float:
    """F1 of the longest common subsequence (Lin 2004, equations 2 to 4 with beta = 1); 0 for empty texts."""
    wanted, given = tokens(reference), tokens(answer)
    if not wanted or not given:
        return 0.0
    common = longest_common_subsequence(wanted, given)
    precision, recall = common / len(given), common / len(wanted)
    return 2 * precision * recall / (precision + recall) if common else 0.0


@dataclass(frozen=True)
class RougeL(BaseScorer):
    """ROUGE-L F1; the best over the references where expected is a list."""

    def judge(self, expected: Any, answer: Any, case: Case) -> Score:
        references = expected if isinstance(expected, list) else [expected]
        text = as_text(answer)
        return Score(self.name, max((rouge_l(as_text(item), text) for item in references), default=0.0))
