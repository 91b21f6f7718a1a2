"""The template asks for a variable that the inputs do not have."""

from typing import Literal

from pydantic import BaseModel

from prompteval import Prompt, system, user


class Inputs(BaseModel):
    message: str


class Output(BaseModel):
    mood: Literal["good", "bad"]


prompt = Prompt(
    inputs=Inputs,
    output=Output,
    messages=[
        system("Say whether the mood of the message is good or bad."),
        user("{{ mesage }}"),
    ],
)
