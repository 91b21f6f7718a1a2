"""A regular-expression search that ends: slow-looking patterns run in the isolated worker."""

import re
from functools import lru_cache

from prompteval.isolate.worker import shared

SEARCH_SECONDS = 1.0
MAX_PATTERN = 5_000
# Below this size even quadratic work is over at once.
_SHORT = 2_000
# Up to 2^6 ways from each place in the text.
_FEW = 6
# A repeat with its mark of laziness, an option (`(?` begins a group and is none), a reference back.
_REPEAT = re.compile(r"[*+}][?+]?|(?<!\()\?|\\[1-9]|\(\?P=")


def search(pattern: str, text: str, flags: int = 0) -> str | None:
    """The first group of the first match, or the match itself when there is no group; None without one.

    `flags` are those of `re.compile`.
    Raises DeadlineExceeded after SEARCH_SECONDS.
    """
    if _is_quick(pattern, len(text)):
        return search_here(pattern, text, flags)
    found = shared().call(
        "prompteval.isolate.pattern_search:search_here", pattern, text, int(flags), timeout_s=SEARCH_SECONDS
    )
    return None if found is None else str(found)


def search_here(pattern: str, text: str, flags: int = 0) -> str | None:
    """`search` without any bound, for use inside the worker."""
    match = _compiled(pattern, flags).search(text)
    if match is None:
        return None
    return (match[1] or "") if match.re.groups else match[0]


def compiled(pattern: str, name: str) -> re.Pattern[str]:
    """A pattern that somebody wrote, ready to be searched for.

    Raises ValueError, with its name, for one that is not a regular expression or over MAX_PATTERN long.
    """
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"{name} has {len(pattern):,} characters, the limit is {MAX_PATTERN:,}")
    try:
        return _compiled(pattern, 0)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{name} is not a regular expression: {error}") from None


def _is_quick(pattern: str, size: int) -> bool:
    """One repeat without a choice cannot blow up on a short text; `(a|aa)+` and two repeats may.

    So may choices in a row: thirty times `(a|aa)` are 2^30 ways to read thirty letters.
    """
    repeats, choices = _repeats(pattern), pattern.count("|")
    return (repeats == 0 and choices <= _FEW) or (repeats == 1 and size <= _SHORT and not choices)


@lru_cache(maxsize=256)
def _repeats(pattern: str) -> int:
    return len(_REPEAT.findall(pattern))


@lru_cache(maxsize=256)
def _compiled(pattern: str, flags: int) -> re.Pattern[str]:
    return re.compile(pattern, flags)
