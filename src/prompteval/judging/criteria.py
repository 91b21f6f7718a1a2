"""The criteria of a rubric, as a suite writes them."""

from collections.abc import Mapping, Sequence
from typing import Any

CRITERION_KEYS = ("name", "text", "weight")


def check_criteria(criteria: Sequence[Mapping[str, Any]] | None) -> None:
    """Raise ValueError for what is not a list of {name, text, weight}, each name once."""
    if criteria is None:
        return
    if not isinstance(criteria, list) or not criteria or not all(isinstance(one, dict) for one in criteria):
        raise ValueError("judge: criteria must be a list of {name, text, weight}")
    names: set[str] = set()
    for one in criteria:
        unknown = [key for key in one if key not in CRITERION_KEYS]
        if unknown:
            raise ValueError(f"judge: a criterion has no key {unknown[0]!r}; it has name, text and weight")
        name, text, weight = one.get("name"), one.get("text"), one.get("weight", 1)
        if not (isinstance(name, str) and name and isinstance(text, str) and text):
            raise ValueError("judge: a criterion has a name and a text")
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight <= 1e6:
            raise ValueError(f"judge: the weight of {name} must be a number above 0, not {weight!r:.40}")
        if name in names:
            raise ValueError(f"judge: duplicate criterion {name!r}")
        names.add(name)
