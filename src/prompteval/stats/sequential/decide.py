"""Decisions on a mean before all its cases were run, by one of the two methods.

An interval's end is decided when the whole interval that holds at all looks at once lies on one side
of the threshold; a plain mean when the cases that are left cannot move it across; two answers to the
same cases when their differences cross a bound.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from prompteval.stats.interval import Interval, student_t, t01, wilson
from prompteval.stats.sequential import Method
from prompteval.stats.sequential.betting import always_valid
from prompteval.stats.sequential.curtail import COMPARE, curtailed
from prompteval.stats.sequential.looks import Look, crossed

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scale:
    """What a case can score: from `low` to `high`, None where that is open; `binary` for 0 or 1 alone."""

    low: float | None = 0.0
    high: float | None = 1.0
    binary: bool = False


@dataclass(frozen=True, slots=True)
class Threshold:
    """`end compare value`: an interval's `low` or `high` end, or the plain `value`, against a number."""

    end: Literal["value", "low", "high"]
    compare: str
    value: float


@dataclass(frozen=True, slots=True)
class SequentialDesign:
    """How to decide under way; `tests` share `alpha`, which is two-sided (Bonferroni)."""

    method: Method = "group-sequential"
    tests: int = 1
    alpha: float = 0.05


@dataclass(frozen=True, slots=True)
class SequentialDecision:
    """Whether a rule is met, the number that says so, and by what; None where neither was ever shown."""

    met: bool | None
    observed: float
    how: str


def decide_value(values: Floats, cases: int, scale: Scale, rule: Threshold) -> SequentialDecision | None:
    """The mean of all `cases` against a threshold; None while those that are left could change it.

    Raises ValueError for an open scale, and as `curtailed` does.
    """
    if scale.low is None or scale.high is None:
        raise ValueError("a mean without bounds can always change")
    total = float(values.sum())
    met = curtailed(
        total, len(values), cases, low=scale.low, high=scale.high, compare=rule.compare, threshold=rule.value
    )
    if met is None:
        return None
    left = cases - len(values)
    how = f"the {left} cases that are left cannot change it" if left else ""
    return SequentialDecision(met, total / max(len(values), 1), how)


def decide_interval_end(
    values: Floats, look: Look, scale: Scale, rule: Threshold, design: SequentialDesign, *, last: bool
) -> SequentialDecision | None:
    """An interval's end against a threshold, from a prefix in seeded order; None while it is open.

    At the `last` look it is never open: what was not shown by then is not shown. Nothing is decided
    without a value. Raises ValueError for betting on an open scale.
    """
    if len(values) == 0:
        return None
    compare = COMPARE[rule.compare]
    if design.method == "always-valid":
        return _by_wealth(values, scale, rule, design, last=last)
    level = 1.0 - 2.0 * look.p
    found = _interval(values, scale, level)
    if found.low is None or found.high is None:
        return None
    observed = found.low if rule.end == "low" else found.high
    met = compare(observed, rule.value)
    if not last and compare(found.low, rule.value) != compare(found.high, rule.value):
        return None
    return SequentialDecision(met, observed, f"with z = {look.z:.3f}, which allows for looks before the end")


def decide_difference(
    differences: Floats, look: Look, design: SequentialDesign, *, scale: float, last: bool
) -> SequentialDecision | None:
    """Whether B scores higher than A, from differences B - A in seeded order; None while it is open.

    At the `last` look what was not shown is not met. `scale` is the greatest possible |difference|.
    """
    if len(differences) == 0:
        return None
    if design.method == "always-valid":
        stop = always_valid(differences, scale=scale, alpha=design.alpha, gates=design.tests)
        how = f"by a wealth that reached {max(design.tests, 1) / design.alpha:g}"
    else:
        stop = crossed(differences, look, scale=scale)
        how = f"by a bound of z = {look.z:.3f}"
    if stop is not None:
        return SequentialDecision(not stop.worse, stop.delta, f"{how} after {stop.cases} cases")
    mean = float(differences.mean())
    return SequentialDecision(False, mean, f"not shown {how}") if last else None


def _by_wealth(
    values: Floats, scale: Scale, rule: Threshold, design: SequentialDesign, *, last: bool
) -> SequentialDecision | None:
    if scale.low is None or scale.high is None:
        raise ValueError("a mean without bounds cannot be tested by betting")
    widest = max(scale.high - rule.value, rule.value - scale.low)
    stop = always_valid(values - rule.value, scale=widest, alpha=design.alpha, gates=design.tests)
    wall = f"a wealth of {max(design.tests, 1) / design.alpha:g} against {rule.value:g}"
    if stop is not None:
        upward = rule.compare in (">=", ">")
        return SequentialDecision(
            stop.worse != upward, float(values.mean()), f"{wall} after {stop.cases} cases"
        )
    if not last:
        return None
    # The threshold is in the interval that holds at all times, so each end lies on its own side of it.
    met = (rule.end == "high") == (rule.compare in (">=", ">"))
    return SequentialDecision(met, float(values.mean()), f"without {wall}")


def _interval(values: Floats, scale: Scale, level: float) -> Interval:
    if scale.binary:
        return wilson(float(values.sum()), len(values), level=level)
    if scale.low is None or scale.high is None:
        return student_t(values, level=level)
    return t01(values, scale.low, scale.high, level=level)
