"""The shape of an output: a field by path, validity, refusal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field
from pydantic_core import PydanticCustomError

from prompteval.core.case import Case
from prompteval.core.observation import Observation, Score
from prompteval.scoring.base import BaseScorer
from prompteval.scoring.options import TextOptions
from prompteval.scoring.text import Exact
from prompteval.workspace.field_types import Text
from prompteval.workspace.scorer_options import ScorerOptions
from prompteval.workspace.validation import Location, any_of, problem


class JsonFieldOptions(TextOptions):
    """Of `json_field`."""

    model_config = any_of("path", "field")

    path: Text = Field(
        "", description="A dotted path into the output, such as items.0.price.", examples=["items.0.price"]
    )

    @classmethod
    def refused(cls, raw: Mapping[Any, Any]) -> Mapping[Location, PydanticCustomError]:
        given = [key for key in ("path", "field") if key in raw]
        if len(given) == 2:
            return {**super().refused(raw), ("field",): problem("give path or field, not both", at_key=True)}
        help = "write `{json_field: {path: items.0.price}}`"
        wrong = {} if given else {(): problem("json_field needs a path", help)}
        return {**super().refused(raw), **wrong}


class OutcomeOptions(ScorerOptions):
    """Of a scorer that reads how a call ended, not what it gave."""

    passes_at = "at 1"


class RefusalOptions(OutcomeOptions):
    """Of `refusal`."""

    expected: bool = Field(True, description="Whether the model should refuse.")


@dataclass(frozen=True)
class JsonField(Exact):
    """`exact` on one field, named by a dotted path such as `items.0.price`.

    Example: `{json_field: {path: items.0.price}}`
    """

    options = JsonFieldOptions

    path: str = ""

    def __post_init__(self) -> None:
        if self.path:
            object.__setattr__(self, "field", self.path)


@dataclass(frozen=True)
class SchemaValid(BaseScorer):
    """1 where the output met the prompt's schema.

    Example: `schema_valid`
    """

    options = OutcomeOptions
    instant = True

    def read(self, case: Case, observation: Observation) -> Score:
        reason = observation.failure.message if observation.failure else ""
        return Score(self.name, float(observation.outcome == "ok"), reason=reason)


@dataclass(frozen=True)
class Refusal(BaseScorer):
    """1 where the model refused; with `expected: false`, 1 where it did not.

    Example: `{refusal: {expected: false}}`
    """

    options = RefusalOptions
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
