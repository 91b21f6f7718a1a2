"""The rules of a `gate:` as a suite writes them: a text, or a mapping of one comparison."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, PlainValidator
from pydantic_core import PydanticCustomError

from prompteval.core.ranges import shown
from prompteval.workspace.field_types import Ranged, Text
from prompteval.workspace.validation import FileModel, Location, problem

_FORMS = "{beats: {reference: majority}} or {no_regression: {metric: accuracy}}"


class BeatsRule(FileModel):
    """Better on a metric than a trivial reference, another version of the prompt, or the baseline."""

    code = "PE227"

    reference: Text = Field(
        description="What is beaten: one of `references`, name@v1, name@production or baseline.",
        examples=["majority"],
    )
    metric: Text | None = Field(
        None, description="The metric that is compared. [default: the first that can be]"
    )


class NoRegressionRule(FileModel):
    """Not worse than the stored baseline on a metric."""

    code = "PE227"

    metric: Text | None = Field(
        None,
        description="The metric that is compared with the baseline. [default: the first of `primary`]",
        examples=["accuracy"],
    )
    min_effect: Annotated[float, Ranged("min_effect")] | None = Field(
        None, description="The smallest drop that matters, in the metric's own units. [default: 0.02]"
    )
    margin: Annotated[float, Ranged("margin")] | None = Field(
        None, description="The drop that must be ruled out. [default: min_effect]"
    )
    alpha: Annotated[float, Ranged("alpha")] | None = Field(
        None, description="The error rate, two-sided. [default: 0.05]"
    )


class MappingRule(FileModel):
    """A rule that compares the run with other outputs, case by case: one of these."""

    code = "PE227"

    beats: BeatsRule | None = Field(
        None, description="What the run must be better than.", examples=["{reference: majority}"]
    )
    no_regression: NoRegressionRule | None = Field(
        None, description="What must not be worse than the baseline.", examples=["{metric: accuracy}"]
    )

    @classmethod
    def refused(cls, raw: Mapping[Any, Any]) -> Mapping[Location, PydanticCustomError]:
        given = [key for key in cls.model_fields if raw.get(key) is not None]
        if len(given) == 1 or not raw.keys() <= cls.model_fields.keys():
            return {}
        return {(): problem(f"a rule is a string, {_FORMS}, not {shown(dict(raw))}")}

    @property
    def rule(self) -> BeatsRule | NoRegressionRule:
        """The one that is given."""
        return self.beats or self.no_regression or NoRegressionRule.model_validate({})


def _rule(value: object) -> str | BeatsRule | NoRegressionRule:
    if isinstance(value, str):
        return value
    if not isinstance(value, dict):
        raise problem(f"a gate rule must be a string or a mapping, not {value!r}", code="PE210")
    return MappingRule.model_validate(value).rule


WrittenRule = Annotated[
    str | BeatsRule | NoRegressionRule, PlainValidator(_rule, json_schema_input_type=Text | MappingRule)
]
