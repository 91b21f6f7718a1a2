"""Every match of a pattern that passes a check."""

import re
from collections.abc import Callable, Iterator


def scan(
    pattern: re.Pattern[str], text: str, right: Callable[[re.Match[str]], bool]
) -> Iterator[re.Match[str]]:
    """Matches that `right` accepts; behind one that it refuses the search continues one character further.

    A number that begins inside of a refused one is found so.
    """
    place = 0
    while match := pattern.search(text, place):
        if right(match):
            yield match
            place = match.end()
        else:
            place = match.start() + 1
