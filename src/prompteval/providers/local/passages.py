"""Finds question and passages in a rendered message: `[n]` at the start of a line begins passage n."""

import re
from dataclasses import dataclass

_QUESTION = re.compile(r"^[ \t]*(?:question|frage|pregunta)[ \t]*:[ \t]*", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a message asks, and the passages it gives: their texts by number, from 1."""

    question: str
    passages: dict[int, str]


def read_message(text: str) -> Asked:
    """Passages are numbered 1, 2, 3 in order; a number out of order is text of the passage it stands in.

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
    return Asked(question.strip(), _passages(body))


def _passages(body: str) -> dict[int, str]:
    found: dict[int, str] = {}
    start = re.search(r"^\[1\][ \t]*", body, re.MULTILINE)
    while start is not None:
        number = len(found) + 1
        following = re.compile(rf"^\[{number + 1}\][ \t]*", re.MULTILINE).search(body, start.end())
        found[number] = body[start.end() : following.start() if following else len(body)].strip()
        start = following
    return found
