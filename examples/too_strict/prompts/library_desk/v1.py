"""Which desk of a town library answers a question."""

from typing import Literal

from pydantic import BaseModel, Field

from prompteval import Prompt, labels, system, user


class Inputs(BaseModel):
    question: str = Field(min_length=1, max_length=1000)


class Output(BaseModel):
    desk: Literal["loans", "rooms", "children"] = labels(
        loans="Borrowing, returning and renewing books and films; reminders and late fees.",
        rooms="Reading room, study places, meeting rooms, computers and printers.",
        children="Story time, picture books, holiday programme and school classes.",
    )


prompt = Prompt(
    inputs=Inputs,
    output=Output,
    messages=[
        system("Choose the library desk that answers this question."),
        user("{{ question }}"),
    ],
    params={"temperature": 0, "max_output_tokens": 16},
    description="Routes a question to a library desk.",
)
