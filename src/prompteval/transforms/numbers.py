"""Reading numbers of a stored state, and labels that are yes or no."""

import math
from collections.abc import Sequence

from prompteval.core.transform import State

YES = frozenset({"true", "1", "1.0", "yes", "pass", "correct"})
NO = frozenset({"false", "0", "0.0", "no", "fail", "wrong", "incorrect"})


def number(state: State, key: str) -> float:
    """A finite number of the state. Raises ValueError where it is not one."""
    value = state.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{key!r} is not a number")
    return float(value)


def numbers(state: State, key: str) -> list[float]:
    """A list of finite numbers. Raises ValueError where it is not one."""
    value = state.get(key)
    if not isinstance(value, list):
        raise ValueError(f"{key!r} is not a list of numbers")
    return [number({key: item}, key) for item in value]


def came_true(labels: Sequence[str]) -> list[bool]:
    """Labels as truth values. Raises ValueError for another label, and where all are the same."""
    found = []
    for label in labels:
        if label.casefold() not in YES | NO:
            raise ValueError(f"label {label!r:.40} is neither true nor false")
        found.append(label.casefold() in YES)
    if len(set(found)) < 2:
        raise ValueError("all labels are the same, and nothing can be learned from them")
    return found
