"""The options of scorers that ask a model, as models."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PlainValidator
from pydantic_core import PydanticCustomError

from prompteval.core.ranges import shown
from prompteval.workspace.field_types import Ranged, Text, Unique
from prompteval.workspace.scorer_options import ScorerOptions
from prompteval.workspace.validation import FileModel, Location, problem, problems_at


class _JudgeOptions(ScorerOptions):
    """Of every judge."""

    prompt: Text = Field(description="The judge's prompt: NAME, or NAME@v1.", examples=["judge_helpful@v1"])
    model: Text = Field("", description="The model that it asks. [default: the prompt's, else the settings']")


class Criterion(FileModel):
    """What a judge of a rubric judges apart."""

    code = "PE223"

    name: Text = Field(description="What it is called in the evidence.", examples=["tone"])
    text: Text = Field(description="What the judge is shown of it.", examples=["The answer is polite."])
    weight: Annotated[float, Ranged("criterion_weight")] = Field(1.0, description="How much it counts.")


def _own_names(criteria: list[Criterion]) -> list[Criterion]:
    first: dict[str, int] = {}
    found = {
        (index, "name"): problem(f"duplicate criterion {item.name!r}", "rename or remove one")
        for index, item in enumerate(criteria)
        if first.setdefault(item.name, index) != index
    }
    if found:
        raise problems_at(found)
    return criteria


def _ends(value: object) -> list[float]:
    if (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(end, int | float) and not isinstance(end, bool) for end in value)
        and value[0] < value[1]
    ):
        return value
    raise problem(f"{{name}} must be two numbers, the lower one first, such as [1, 5], not {shown(value)}")


class PointwiseOptions(_JudgeOptions):
    """Of `judge`."""

    field: Text = Field("", description="The field of its output with the verdict.")
    scale: Annotated[
        list[float] | None,
        PlainValidator(
            _ends, json_schema_input_type=Annotated[list[float], Field(min_length=2, max_length=2)]
        ),
    ] = Field(None, description="The ends of a number's scale, such as [1, 5].")
    threshold: Annotated[float, Ranged("score")] | None = Field(
        None, description="The value from which a graded score passes; without it, it only measures."
    )
    passes: Unique[Text] | None = Field(
        None, description="The labels that pass. [default: yes, true, pass, correct]", examples=["[yes]"]
    )
    samples: Annotated[int, Ranged("samples")] = Field(
        1, description="How often it is asked about each output."
    )
    criteria: Annotated[list[Criterion], Field(min_length=1), AfterValidator(_own_names)] | None = Field(
        None,
        description="What is judged apart, by name, text and weight.",
        examples=["[{name: tone, text: The answer is polite.}]"],
    )
    each: Literal["context"] | None = Field(None, description="`context` judges each passage apart.")
    probability: bool = Field(
        False, description="Score by the probability of the labels that pass, from log probabilities."
    )

    @classmethod
    def refused(cls, raw: Mapping[Any, Any]) -> Mapping[Location, PydanticCustomError]:
        if raw.get("criteria") and raw.get("each"):
            return {("each",): problem("give criteria or each, not both", at_key=True)}
        return {}


class PairwiseOptions(_JudgeOptions):
    """Of `pairwise`."""

    against: Text = Field(
        description="What the output is compared with: NAME@v1, baseline or a run id.", examples=["route@v1"]
    )
    field: Text = Field("", description="The field of its output with the verdict.")

    @classmethod
    def refused(cls, raw: Mapping[Any, Any]) -> Mapping[Location, PydanticCustomError]:
        if "threshold" not in raw:
            return {}
        message = "pairwise takes no threshold; gate its metric win_rate"
        return {("threshold",): problem(message, "remove it", at_key=True)}


class FaithfulnessOptions(_JudgeOptions):
    """Of `faithfulness`."""

    threshold: Annotated[float, Ranged("share")] | None = Field(
        None, description="The value from which a graded score passes; without it, it only measures."
    )
    citations: Literal["recall", "precision"] | None = Field(
        None,
        description="Judge each sentence by the passages that it cites: recall or precision of citations, in"
        " place of the share of claims.",
    )
