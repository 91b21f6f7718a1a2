"""The `tools:` section of a suite."""

from typing import Annotated

from pydantic import Field

from prompteval.workspace.field_types import Ranged, Text
from prompteval.workspace.validation import FileModel

DEFAULT_STEPS = 8


class ToolsSection(FileModel):
    """What stands for the tools of the prompt: functions of a module, by the tools' names."""

    code = "PE278"

    module: Text = Field(
        description="The module of the workspace with a function for each tool.", examples=["evals.fakes"]
    )
    max_steps: Annotated[int, Ranged("max_steps")] = Field(
        DEFAULT_STEPS, description="How many replies with calls are answered before the case is truncated."
    )
