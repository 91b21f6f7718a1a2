"""Thresholds on a mean: stop only when the cases that are left cannot change the outcome."""

import operator

COMPARE = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}


def curtailed(
    total: float, scored: int, cases: int, *, low: float, high: float, compare: str, threshold: float
) -> bool | None:
    """Whether the mean of all `cases` will meet `compare threshold`; None while that is open.

    `total` is the sum of the `scored` cases so far, each from `low` to `high`, and so are those that
    are left. After the last case it is never open. Raises ValueError for no case, for more scored
    than there are, for NaN and for a comparison that is not >=, <=, > or <.
    """
    if not 0 <= scored <= cases or cases == 0 or total != total or compare not in COMPARE:
        raise ValueError(f"cannot decide {scored} of {cases} cases by {compare} {threshold}")
    left = cases - scored
    outcomes = {COMPARE[compare]((total + left * end) / cases, threshold) for end in (low, high)}
    return outcomes.pop() if len(outcomes) == 1 else None
