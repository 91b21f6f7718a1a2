"""The shape of an output: a field by path, validity, refusal."""

from dataclasses import dataclass

from prompteval.core.case import Case
from prompteval.core.observation import Observation, Score
from prompteval.scoring.base import BaseScorer
from prompteval.scoring.text import Exact


@dataclass(frozen=True)
class JsonField(Exact):
    """`exact` on one field, named by a dotted path such as `items.0.price`.

    Example: `{json_field: {path: items.0.price}}`
    """

    path: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.path and not self.field:
            raise ValueError("json_field needs a path: {json_field: {path: items.0.price}}")
        if self.path:
            object.__setattr__(self, "field", self.path)


@dataclass(frozen=True)
class SchemaValid(BaseScorer):
    """1 where the output met the prompt's schema.

    Example: `schema_valid`
    """

    instant = True

    def read(self, case: Case, observation: Observation) -> Score:
        reason = observation.failure.message if observation.failure else ""
        return Score(self.name, float(observation.outcome == "ok"), reason=reason)


@dataclass(frozen=True)
class Refusal(BaseScorer):
    """1 where the model refused; with `expected: false`, 1 where it did not.

    Example: `{refusal: {expected: false}}`
    """

    instant = True

    expected: bool = True

    def decided(self, score: Score) -> Score:
        """What was not asked about is not passed: an invalid output is not an answer that was not refused."""
        return score

    def read(self, case: Case, observation: Observation) -> Score:
        if observation.outcome == "error":
            return Score(self.name, 0.0, reason="the call failed")
        refused = observation.outcome == "refused"
        asked_about = refused or observation.outcome == "ok"
        right = refused == self.expected
        return Score(self.name, float(right), passed=right if asked_about or not right else None)

    def judge(self, expected: object, answer: object, case: Case) -> Score:
        raise TypeError("refusal reads the outcome, not an answer")
