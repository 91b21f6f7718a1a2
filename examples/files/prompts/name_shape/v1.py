from typing import Literal

from pydantic import BaseModel

from prompteval import File, Prompt, assistant, file, system, user


class Inputs(BaseModel):
    photo: File


class Output(BaseModel):
    shape: Literal["circle", "square", "triangle"]
    colour: Literal["red", "blue"]


prompt = Prompt(
    inputs=Inputs,
    output=Output,
    messages=[
        system("Name the shape and its colour."),
        user("What is on it?", file("example.png")),  # beside this module: an example
        assistant('{"shape": "circle", "colour": "red"}'),
        user("What is on it?", file("{{ photo }}")),  # of each case
    ],
    params={"max_output_tokens": 40},
)
