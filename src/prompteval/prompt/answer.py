"""What a question-answering prompt takes and gives: numbered passages in, an answer with citations out."""

from pydantic import BaseModel, Field


class Passage(BaseModel):
    """One passage of the context, numbered from 1."""

    n: int
    doc: str
    title: str
    text: str


class Citation(BaseModel):
    """A passage that the answer rests on, by its number, with the words it takes from there."""

    n: int
    quote: str | None = None


class Answer(BaseModel):
    """An answer with its citations; `abstain` says that the passages do not hold one."""

    answer: str
    citations: list[Citation] = Field(default_factory=list)
    abstain: bool = False
