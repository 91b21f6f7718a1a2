"""A long text in portions, so that counting its tokens takes the memory of one of them."""

import re
from collections.abc import Iterator

CHARACTERS = 500_000
# How far back from the end of a portion a blank between two letters is looked for. Every encoding
# parts words there, so that the tokens of the portions are those of the text; in a text without one
# a portion ends inside a word, and there may be a token more.
_NEAR = 2_000
_BETWEEN_WORDS = re.compile(r"(?<=[A-Za-z])(?= [A-Za-z])")


def portions(text: str) -> Iterator[tuple[int, str]]:
    """(place, part) of parts that together are the text, none much longer than CHARACTERS."""
    if len(text) <= CHARACTERS:
        yield 0, text
        return
    start = 0
    while start < len(text):
        end = start + CHARACTERS
        if end < len(text):
            between = [found.start() for found in _BETWEEN_WORDS.finditer(text, end - _NEAR, end)]
            end = between[-1] if between else end
        yield start, text[start:end]
        start = end
