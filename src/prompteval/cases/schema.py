"""The form of one case: the keys that `record` reads, and their JSON Schema."""

from typing import Annotated, Any

from pydantic import Field

from prompteval.workspace.field_types import Ranged, Text
from prompteval.workspace.validation import FileModel, any_of, schema_of


class GoldSpan(FileModel):
    """A span of a document that answers the question: a quote, or where it starts and ends."""

    model_config = any_of("doc", "quote", together=("start", "end"))
    code = "PE319"

    doc: Text = Field("", description="The document, by its path in the corpus.", examples=['"guide.md"'])
    quote: Text = Field(
        "", description="The text of the span as the document has it.", examples=['"within 30 days"']
    )
    start: Annotated[int, Ranged("place")] = Field(0, description="Its first character.")
    end: Annotated[int, Field(ge=1)] = Field(1, description="The character behind its last.")
    grade: Annotated[int, Ranged("grade")] = Field(1, description="How relevant the span is.")


class CallLine(FileModel):
    """A call of a tool that is right."""

    code = "PE322"

    name: Text = Field(description="The tool's name.", examples=['"refund"'])
    arguments: dict[str, Any] = Field(
        {},
        description='The arguments. A value may be {"$one_of": [...]}, {"$regex": "..."}, {"$near": 1.5, '
        '"$abs_tol": 0.1}, {"$any": true} or {"$literal": ...}; with "$omit": true it may be left out.',
        examples=['{"order": "A-17", "amount": {"$near": 9.9, "$abs_tol": 0.01}}'],
    )


class TurnLine(FileModel):
    """What a user says in one turn of a conversation."""

    code = "PE324"

    user: Text = Field(description="What the user says.")
    expected: Any = Field(None, description="What the answer to it should be.")
    tool_calls: list[CallLine] | None = Field(
        None, description="The calls of tools that are right in this turn."
    )


class CaseLine(FileModel):
    """One line of a case file.

    Cases are read by `record`, which keeps to these keys: a file may have a million, and a model of each
    takes over twice as long (docs/decisions/0014).
    """

    code = "PE310"

    id: str | int = Field(description="What the case is called; once in a suite.", examples=['"c1"'])
    inputs: Any = Field(
        None,
        description="An object for a prompt, any JSON value for another target. Required without `turns`.",
        examples=['{"message": "Where is my refund?"}'],
    )
    expected: Any = Field(None, description="What the output should be.", examples=['{"intent": "billing"}'])
    tags: dict[str, str | float | bool] = Field(
        {}, description="Names and values to slice the numbers by.", examples=['{"channel": "email"}']
    )
    split: Text = Field(
        "", description="The part of the data that the case is in, such as dev or test.", examples=['"test"']
    )
    cluster: str | int = Field(
        "", description="What cases that are not independent have in common.", examples=['"thread-9"']
    )
    repeat: Annotated[int, Ranged("repeat")] = Field(1, description="How often the case runs.")
    gold: list[Annotated[list[GoldSpan], Field(min_length=1)]] = Field(
        [], description="What must be retrieved: all of the outer list, any of each inner one."
    )
    answers: list[str] = Field([], description="Every answer that is right.", examples=['["30 days"]'])
    answerable: bool = Field(True, description="Whether the documents hold an answer.")
    tool_calls: list[CallLine] | None = Field(
        None, description="The calls of tools that are right; an empty list where none may be made."
    )
    turns: list[TurnLine] = Field(
        [], description="What a user says in a conversation, in order, each with what is right to answer."
    )


def case_schema() -> dict[str, object]:
    """One JSONL line, for editors and scripts."""
    return schema_of(CaseLine, "prompteval case")
