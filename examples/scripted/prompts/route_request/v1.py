"""Where a request to a town hall belongs."""

from typing import Literal

from pydantic import BaseModel, Field

from prompteval import Prompt, system, user


class Inputs(BaseModel):
    request: str = Field(min_length=1, max_length=1000)


class Output(BaseModel):
    office: Literal["parks", "roads", "waste"]


prompt = Prompt(
    inputs=Inputs,
    output=Output,
    messages=[
        system("Name the office that handles the request: parks, roads or waste."),
        user("{{ request }}"),
    ],
    params={"temperature": 0, "max_output_tokens": 16},
    description="Routes a request to an office of the town hall.",
)
