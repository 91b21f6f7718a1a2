"""What a question-answering prompt takes and gives: numbered passages in, an answer with citations out."""

from pydantic import BaseModel, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

# What a prompt's input schema says of a passage, in the fingerprint of every published prompt that takes any.
_IN_A_PROMPT = ("n", "doc", "title", "text")


class Passage(BaseModel):
    """One passage: of a prompt's context, numbered from 1, or of a `Result`.

    A `Result` may say more of it than a prompt is given: its half-open place in the document in
    characters, the score of the search, its own id, its size in tokens.
    """

    n: int = 0
    doc: str = ""
    title: str = ""
    text: str = ""
    start: int | None = None
    end: int | None = None
    score: float | None = None
    id: str | None = None
    tokens: int | None = None

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        reference = handler(schema)
        found = handler.resolve_ref_schema(reference)
        fields = {name: found["properties"][name] for name in _IN_A_PROMPT}
        for field in fields.values():
            field.pop("default", None)
        found.update(properties=fields, required=list(_IN_A_PROMPT), description=_DESCRIPTION)
        return reference


_DESCRIPTION = "One passage of the context, numbered from 1."


class Citation(BaseModel):
    """A passage that the answer rests on, by its number, with the words it takes from there."""

    n: int
    quote: str | None = None


class Answer(BaseModel):
    """An answer with its citations; `abstain` says that the passages do not hold one."""

    answer: str
    citations: list[Citation] = Field(default_factory=list)
    abstain: bool = False
