"""Texts to judge between marks that none of them can hold, so that nothing in them passes for the prompt."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

# Part of what a judge is: a judge that is shown its texts in another way is another judge.
RULES = "marks-1"
_DIGITS = 16
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")


def between_marks(values: Mapping[str, object], trusted: frozenset[str] = frozenset()) -> dict[str, object]:
    """The values of a judge's inputs with every text in them between two lines with the same number.

    The number comes from all of the values, and no text of theirs holds it. Numbers, true, false and null are
    as they were; so are the inputs in `trusted`, which come from the suite.
    """
    number = mark_number(values)
    return {
        name: value if name in trusted else _marked(value, name, number) for name, value in values.items()
    }


def mark_number(values: Mapping[str, object]) -> str:
    """Hexadecimal digits that no text or key among the values holds; equal values have equal ones."""
    texts = [text for name, value in values.items() for text in (name, *_texts(value))]
    content = json.dumps(texts, ensure_ascii=True).encode()
    while True:
        number = sha256(content).hexdigest()[:_DIGITS]
        if not any(number in text for text in texts):
            return number
        content += b"+"


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _texts(inner)


def _marked(value: object, name: str, number: str) -> object:
    if isinstance(value, str):
        return f"[begin {name} {number}]\n{value}\n[end {name} {number}]"
    if isinstance(value, Mapping):
        return {_key(str(key), number): _marked(inner, name, number) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [_marked(inner, name, number) for inner in value]
    return value


def _key(key: str, number: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else f"[begin key {number}]{key}[end key {number}]"
