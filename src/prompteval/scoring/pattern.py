"""A regular expression over the answer, with a time limit."""

from dataclasses import dataclass

from prompteval.core.case import Case
from prompteval.core.observation import Score
from prompteval.isolate.pattern_search import compiled, search
from prompteval.scoring.base import BaseScorer, as_text


@dataclass(frozen=True)
class Regex(BaseScorer):
    """1 where `pattern` is found in the answer. A search that does not end is a failed score.

    Example: `{regex: {pattern: "order [0-9]+"}}`
    """

    pattern: str = ""
    value: str = ""

    needs_expected = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if bool(self.pattern) == bool(self.value):
            raise ValueError("regex needs a pattern: {regex: {pattern: ...}}")
        compiled(self.pattern or self.value, "pattern")

    def judge(self, expected: object, answer: object, case: Case) -> Score:
        found = search(self.pattern or self.value, as_text(answer))
        return Score(self.name, float(found is not None))
