"""Answers a question over passages by quoting: the sentence most like the question, or none.

Extractive, and no more: it copies from one sentence and does not read it. The likeness is the cosine
similarity of two sentence embeddings, the sentence with its passage's first line (mostly a title)
before it. The sentence is the quote; what it says beyond the question is the answer (`shorten`).
Below a threshold the answer is that there is none.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prompteval.core.request import Request, Response, Usage
from prompteval.core.sentences import split_sentences
from prompteval.providers.local.parsed_message import ParsedMessage, read_message
from prompteval.providers.local.shorten import shorten

ALGORITHM = "sentence-2"
ANSWER_FIELDS = frozenset({"answer", "citations", "abstain"})


@dataclass(frozen=True, slots=True)
class AnswerCandidate:
    """A sentence of a passage; `read` is what is compared with the question."""

    n: int
    sentence: str
    read: str


def is_answer(schema: Mapping[str, Any] | None) -> bool:
    """Whether an output is an answer with citations, or text."""
    return schema is None or set(schema.get("properties", {})) == ANSWER_FIELDS


def asked_of(request: Request) -> ParsedMessage:
    """Question and passages of the last user message."""
    text = next((m.content for m in reversed(request.messages) if m.role == "user"), "")
    return read_message(text)


def candidates(asked: ParsedMessage) -> list[AnswerCandidate]:
    """Every sentence, list item and table row of the passages, in their order; headings say nothing."""
    found = []
    for n, text in asked.passages.items():
        title, _, rest = text.partition("\n")
        for line in (rest or title).split("\n"):
            if line.startswith("#"):
                continue
            for sentence in split_sentences(line):
                if any(character.isalpha() for character in sentence):
                    found.append(AnswerCandidate(n, sentence, f"{title}: {sentence}" if rest else sentence))
    return found


def reply(
    request: Request,
    question: str,
    found: Sequence[AnswerCandidate],
    likeness: Sequence[float],
    tokens: int,
    below: float,
) -> Response:
    """The best candidate as the request's output; abstains below the likeness, and without passages."""
    best = max(range(len(found)), key=lambda index: likeness[index], default=None)
    near = likeness[best] if best is not None else 0.0
    abstains = best is None or near < below
    confidence = round(min(max(near, 0.0), 1.0), 6)
    chosen = found[best] if best is not None and not abstains else None
    short = shorten(question, chosen.sentence) if chosen else ""
    if request.schema is None:
        text = f"{short} [{chosen.n}]" if chosen else ""
    else:
        cited = [{"n": chosen.n, "quote": chosen.sentence}] if chosen else []
        answer = {"answer": short, "citations": cited, "abstain": abstains}
        text = json.dumps(answer, ensure_ascii=False)
    return Response(
        text=text,
        model_reported=request.model,
        usage=Usage(prompt_tokens=tokens, completion_tokens=0),
        confidence=confidence,
        details={"likeness": round(near, 6)},
    )
