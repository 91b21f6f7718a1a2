"""The `user:` section of a suite."""

from typing import Annotated

from pydantic import Field

from prompteval.workspace.field_types import Ranged, Text
from prompteval.workspace.validation import FileModel

DEFAULT_TURNS = 8


class UserSection(FileModel):
    """Who plays the user of a conversation: a prompt of its own."""

    code = "PE280"

    prompt: Text = Field(
        description="The prompt that says what the user says next, or name@v1, name@production.",
        examples=["customer"],
    )
    model: Text = Field(
        "",
        description="The model that it asks. [default: the prompt's own, else that of the settings]",
        examples=["openai/MODEL"],
    )
    max_turns: Annotated[int, Ranged("max_turns")] = Field(
        DEFAULT_TURNS, description="How often the user speaks at most."
    )
    stop: Text = Field(
        "",
        description="A regular expression: words of the user with it end the conversation, unsent.",
        examples=['"###STOP###"'],
    )
