"""Unicode normalisation in time proportional to the text, regardless of its content."""

import re
import unicodedata
from functools import cache

# The longest run of marks in the text of any language is a handful; UAX 15 calls 30 safe.
_SAFE = 30
# Every character with a combining class stands below this.
_BEHIND_MARKS = 0x1F000


def nfkc(text: str) -> str:
    """The NFKC form, equal to `unicodedata.normalize`.

    That one sorts the marks of a run by inserting each in its place, which takes the square of the
    run's length; here a long run is sorted before it gets there.
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", _long_run().sub(_sorted, text))


def _sorted(run: re.Match[str]) -> str:
    """The marks of a run decomposed and in canonical order: by class, those of one class as they were."""
    marks = "".join(unicodedata.normalize("NFKD", mark) for mark in run[0])
    return "".join(sorted(marks, key=unicodedata.combining))


@cache
def _long_run() -> re.Pattern[str]:
    """Finds runs of characters that decompose to nothing but marks with a combining class."""
    marks = "".join(f"\\U{code:08x}" for code in range(0x300, _BEHIND_MARKS) if _is_mark(chr(code)))
    return re.compile(f"[{marks}]{{{_SAFE + 1},}}")


def _is_mark(character: str) -> bool:
    if not (unicodedata.combining(character) or unicodedata.decomposition(character)):
        return False
    return all(map(unicodedata.combining, unicodedata.normalize("NFKD", character)))
