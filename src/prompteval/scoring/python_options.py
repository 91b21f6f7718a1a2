"""The options of `python:`, which names a function of the workspace as a scorer."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field
from pydantic_core import PydanticCustomError

from prompteval.core.protocols import SCORE_SECONDS
from prompteval.workspace.field_types import Ranged, Text
from prompteval.workspace.scorer_options import ScorerOptions
from prompteval.workspace.validation import Location, any_of, problem


class PythonOptions(ScorerOptions):
    """A function of the workspace as a scorer, or a class, which takes options of its own.

    Example: `{python: "evals.my_scorers:polite"}`
    """

    model_config = any_of("function", "value")

    function: Text = Field(
        "", description="The function of the workspace, as module:function.", examples=["evals.mine:polite"]
    )
    value: Text = Field("", description="The same, as `{python: MODULE:FUNCTION}` gives it.")
    threshold: Annotated[float, Ranged("score")] | None = Field(
        None, description="The value from which a graded score passes; without it, it only measures."
    )
    timeout_s: Annotated[float, Ranged("timeout_s")] = Field(
        SCORE_SECONDS, description="The seconds that one score may take."
    )
    version: str = Field(
        "",
        description="A promise that the same answer scores the same until it changes, so that scores are "
        "cached.",
    )
    thread_safe: bool = Field(True, description="Whether calls may run side by side.")

    @classmethod
    def refused(cls, raw: Mapping[Any, Any]) -> Mapping[Location, PydanticCustomError]:
        given = [key for key in ("function", "value") if key in raw]
        if len(given) == 2:
            return {("value",): problem("give function or value, not both", at_key=True)}
        return {} if given else {(): problem("python needs a function", "write `{python: module:function}`")}
