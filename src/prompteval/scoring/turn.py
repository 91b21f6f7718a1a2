"""The option `turn` of every scorer: which turns of a conversation it scores."""

from collections.abc import Mapping
from typing import Literal

from prompteval.core.ranges import RANGES

Turn = Literal["last", "all"] | int
OPTION = "turn"


def turn_of(options: Mapping[str, object]) -> Turn:
    """The turns of a scorer's entry. Raises ValueError for anything else."""
    value = options.get(OPTION, "last")
    if value in ("last", "all") and isinstance(value, str):
        return "last" if value == "last" else "all"
    if isinstance(value, int) and RANGES["turn"].holds(value):
        return value
    raise ValueError(f"turn must be last, all or a whole number from 1 to 1,000, not {value!r:.60}")
