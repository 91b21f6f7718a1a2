"""Texts compared without case, spaces and some punctuation, as the checker of BFCL does.

The rule is that of the Berkeley Function Calling Leaderboard (Patil et al. 2024, `standardize_string`): lower
case, without spaces and `, . / - _ * ^`, an apostrophe read as a quotation mark.
"""

_NORMAL = {ord(character): None for character in " ,./-_*^"} | {ord("'"): '"'}


def loosely_equal(one: str, other: str) -> bool:
    """Whether two texts say the same by that rule."""
    return one == other or _normal(one) == _normal(other)


def _normal(text: str) -> str:
    return text.translate(_NORMAL).lower()
