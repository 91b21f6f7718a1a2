"""Two outputs, word by word: what stayed, went and came."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal

Part = tuple[Literal["same", "gone", "new"], str]
LONGEST = 2000  # characters of each side that are compared; the search grows with their product
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


def changed_words(before: str | None, after: str | None) -> Iterator[Part]:
    """The word diff of two outputs; the one that is known where a side keeps none."""
    if before is not None and after is not None:
        yield from word_diff(before, after)
    elif after is not None:
        yield "new", after
    elif before is not None:
        yield "gone", before


def word_diff(before: str, after: str) -> Iterator[Part]:
    """Parts whose `same` and `gone` join to A's text and whose `same` and `new` to B's.

    Only the first `LONGEST` characters of each are compared; "…" stands for the rest.
    """
    a, b = (_WORDS.findall(text[:LONGEST]) for text in (before, after))
    for kind, start, end, other, until in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            yield "same", "".join(a[start:end])
            continue
        if end > start:
            yield "gone", "".join(a[start:end])
        if until > other:
            yield "new", "".join(b[other:until])
    if max(len(before), len(after)) > LONGEST:
        yield "same", "…"
