"""Words near a number that say what it is."""

import re

# A label is written before its value, with a few words between them at most.
BEFORE = 40


def said_before(text: str, start: int, words: re.Pattern[str], reach: int = BEFORE) -> bool:
    """Whether one of the words is written in the `reach` characters before a place."""
    return words.search(text, max(0, start - reach), start) is not None


def last_before(text: str, start: int, words: re.Pattern[str], reach: int = BEFORE) -> re.Match[str] | None:
    """The nearest of the words in the `reach` characters before a place."""
    last = None
    for match in words.finditer(text, max(0, start - reach), start):
        last = match
    return last
