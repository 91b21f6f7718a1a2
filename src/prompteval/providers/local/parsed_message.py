"""Finds question and passages in a rendered message: `[n]` at the start of a line begins passage n."""

import re
from dataclasses import dataclass

_QUESTION = re.compile(r"^[ \t]*(?:question|frage|pregunta)[ \t]*:[ \t]*", re.IGNORECASE | re.MULTILINE)

_NUMBER = re.compile(r"^\[([1-9][0-9]*+)\][ \t]*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """What a message asks, and the passages it gives: their texts by number, from 1."""

    question: str
    passages: dict[int, str]


def read_message(text: str) -> ParsedMessage:
    """Passages are numbered 1, 2, 3 in order; a number out of order is text of the passage it is in.

    The question is what follows the last line that begins with `Question:`; without one it is what
    stands before the first passage. A message without passages is all question.
    """
    labels = list(_QUESTION.finditer(text))
    last = labels[-1] if labels else None
    first = re.search(r"^\[1\]", text, re.MULTILINE)
    if last is not None and (first is None or last.start() > first.start()):
        question, body = text[last.end() :], text[: last.start()]
    elif last is not None and first is not None:
        question, body = text[last.end() : first.start()], text
    else:
        question, body = (text[: first.start()] if first else text), text
    return ParsedMessage(question.strip(), _passages(body))


def _passages(body: str) -> dict[int, str]:
    starts: list[re.Match[str]] = []
    for mark in _NUMBER.finditer(body):
        if mark[1] == str(len(starts) + 1):
            starts.append(mark)
    ends = [*(mark.start() for mark in starts[1:]), len(body)]
    spans = zip(starts, ends, strict=bool(starts))
    return {number: body[mark.end() : end].strip() for number, (mark, end) in enumerate(spans, 1)}
