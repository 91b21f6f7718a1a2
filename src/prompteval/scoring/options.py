"""The options that scorers of texts share, as models."""

from typing import Annotated

from pydantic import AfterValidator, Field

from prompteval.isolate.pattern_search import compiled
from prompteval.workspace.field_types import Ranged, Text
from prompteval.workspace.scorer_options import ScorerOptions
from prompteval.workspace.validation import problem


def _pattern(text: str) -> str:
    try:
        compiled(text, "{name}")
    except ValueError as error:
        raise problem(str(error)) from None
    return text


def _one_group(text: str) -> str:
    groups = compiled(text, "").groups
    if groups != 1:
        raise problem(f"{{name}} must have one group around the answer, not {groups}")
    return text


Pattern = Annotated[Text, AfterValidator(_pattern)]
Extract = Annotated[Pattern, AfterValidator(_one_group)]


class TextOptions(ScorerOptions):
    """Of a scorer that reads one value of the output and says yes or no."""

    passes_at = "at 1"

    field: Text = Field(
        "", description="A dotted path into the output and the expected object.", examples=["items.0.price"]
    )
    extract: Extract = Field(
        "",
        description="A regular expression with one group around the answer in a text.",
        examples=["answer is ([0-9]+)"],
    )


class GradedOptions(TextOptions):
    """Of a scorer whose values lie between 0 and 1."""

    passes_at = ""

    threshold: Annotated[float, Ranged("share")] | None = Field(
        None, description="The value from which a graded score passes; without it, it only measures."
    )
