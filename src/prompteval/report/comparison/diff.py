"""Two outputs, word by word: what stayed, went and came."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal

Part = tuple[Literal["same", "gone", "new"], str]
LONGEST = 2000  # characters of each side that are compared; the search grows with their product
_MOST_ALIKE = 50_000  # pairs of equal words: the search grows with these times the parts it finds
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
    for kind, start, end, other, until in _operations(a, b):
        if kind == "equal":
            yield "same", "".join(a[start:end])
            continue
        if end > start:
            yield "gone", "".join(a[start:end])
        if until > other:
            yield "new", "".join(b[other:until])
    if max(len(before), len(after)) > LONGEST:
        yield "same", "…"


def _operations(a: list[str], b: list[str]) -> Sequence[tuple[str, int, int, int, int]]:
    """What turns one list into the other; a whole replacement where one word is said over and over."""
    if a == b:
        return [("equal", 0, len(a), 0, len(b))] if a else []
    ours, theirs = Counter(a), Counter(b)
    alike = sum(count * theirs[word] for word, count in ours.items() if not word.isspace())
    if alike > _MOST_ALIKE:
        return [("replace", 0, len(a), 0, len(b))]
    return SequenceMatcher(str.isspace, a, b, autojunk=False).get_opcodes()
