"""The `judges:` section of a suite: how far each judge agrees with people."""

from typing import Annotated

from pydantic import Field

from prompteval.workspace.field_types import Choice, PathBelowRoot, Ranged
from prompteval.workspace.validation import FileModel

# The figures of a calibration that a floor may set, and their lower ends.
FLOORS = ("kappa", "kappa.low")
# Scorers that ask a model; their names are those of their prompts unless the suite says otherwise.
JUDGE_KINDS = ("judge", "pairwise", "faithfulness")


class JudgeSection(FileModel):
    """What is known of one judge: labels of people, and its calibration against them."""

    code = "PE290"

    labels: PathBelowRoot = Field(
        "", description="Labels of people, relative to the suite.", examples=["judges/NAME.labels.jsonl"]
    )
    calibration: PathBelowRoot = Field(
        description="What `judge check` writes, relative to the suite.", examples=["judges/NAME.json"]
    )
    floor: dict[Annotated[str, Choice("figure", FLOORS, "PE290")], Annotated[float, Ranged("kappa")]] = Field(
        {},
        description="The agreement that a gate needs: kappa, or kappa.low, the lower end of its interval. "
        "[default: kappa.low above 0]",
        examples=["{kappa: 0.6}"],
    )
