"""The `judges:` section of a suite: how far each judge agrees with people."""

from typing import Annotated

from pydantic import Field

from prompteval.workspace.validation import FileModel, PathBelowRoot, Ranged

# The figures of a calibration that a floor may set, and their lower ends.
FLOORS = ("kappa", "kappa.low")
# Scorers that ask a model; their names are those of their prompts unless the suite says otherwise.
JUDGE_KINDS = ("judge", "pairwise", "faithfulness")


class FloorSection(FileModel):
    """The agreement with people that a judge needs to decide a gate."""

    code = "PE290"

    kappa: Annotated[float, Ranged("kappa")] | None = Field(
        None, description="The least Cohen's kappa, weighted for a scale.", examples=["0.6"]
    )
    kappa_low: Annotated[float, Ranged("kappa")] | None = Field(
        None, alias="kappa.low", description="The least lower end of its interval. [default: above 0]"
    )


class JudgeSection(FileModel):
    """What is known of one judge: labels of people, and its calibration against them."""

    code = "PE290"

    labels: PathBelowRoot = Field(
        "", description="Labels of people, relative to the suite.", examples=["judges/NAME.labels.jsonl"]
    )
    calibration: PathBelowRoot = Field(
        description="What `judge check` writes, relative to the suite.", examples=["judges/NAME.json"]
    )
    floor: FloorSection | None = Field(None, description="The agreement that a gate needs.")

    @property
    def floors(self) -> dict[str, float]:
        """The figures that have a floor, with it; the lower end of kappa above 0 where none is set."""
        if self.floor is None:
            return {}
        found = {"kappa": self.floor.kappa, "kappa.low": self.floor.kappa_low}
        return {name: value for name, value in found.items() if value is not None}
