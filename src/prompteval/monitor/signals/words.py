"""How signals write numbers in their sentences."""

import math

from prompteval.core.fingerprint import canonical_json, seeded_rank


def points(share: float) -> str:
    """A share as points of a hundred."""
    return f"{100 * share:.1f}".rstrip("0").rstrip(".")


def percent(share: float) -> str:
    """A share in per cent, with the digits that small rates need."""
    value = 100 * share
    return f"{value:.1f} %" if value >= 1 or value == 0 else f"{value:.2g} %"


def seed_of(*content: object) -> int:
    """A seed that equal content gives again, in any order of rows."""
    return seeded_rank("monitor", canonical_json(content)) >> 1


def rounded_up(value: float) -> int:
    """Two leading digits, as much as a planned count can bear."""
    unit = int(10 ** max(len(str(math.ceil(value))) - 2, 0))
    return math.ceil(value / unit) * unit
