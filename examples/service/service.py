"""A question-answering service with its own retriever, on FastAPI.

    uvicorn service:app --port 8123

Synthetic and without a model: the answer is the sentence that shares the most words with the question.
"""

import re

from fastapi import FastAPI
from pydantic import BaseModel

PAGES = {
    "returns": "Unused articles can be returned within 30 days. The refund takes five working days.",
    "shipping": "Orders over 50 euros ship for free. Parcels to islands take ten days.",
    "warranty": "The warranty covers two years. Batteries are covered for six months.",
}
_WORDS = re.compile(r"[a-z0-9]+")
app = FastAPI()


class Question(BaseModel):
    """What a case's inputs are posted as."""

    question: str


def search(question: str) -> list[tuple[int, str, str]]:
    """(shared words, page, sentence) of every sentence, the most shared words first."""
    asked = set(_WORDS.findall(question.lower()))
    sentences = [(page, part) for page, text in PAGES.items() for part in re.findall(r"[^.]+\.", text)]
    found = [(len(asked & set(_WORDS.findall(part.lower()))), page, part.strip()) for page, part in sentences]
    return sorted(found, key=lambda item: -item[0])


@app.post("/answer")
async def answer(asked: Question) -> dict[str, object]:
    """The service's own shape: nothing here knows of prompteval."""
    hits = search(asked.question)[:3]
    return {
        "answer": {"text": hits[0][2], "sources": [hits[0][1]]},
        "docs": [
            {"page_content": text, "metadata": {"source": page, "score": score}} for score, page, text in hits
        ],
    }
