"""Whether B is worse than A, from a prefix of their cases: the verdict's steps at a look's own level."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prompteval.stats.interval import t01
from prompteval.stats.paired.mcnemar import tango
from prompteval.stats.paired.permutation import TIE
from prompteval.stats.sequential.betting import always_valid, refused
from prompteval.stats.sequential.decide import SequentialDecision, SequentialDesign
from prompteval.stats.sequential.looks import Look, crossed

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Limits:
    """A drop under `min_effect` does not matter; one of `margin` must be ruled out to be not worse."""

    min_effect: float = 0.02
    margin: float = 0.02


def decide_drop(
    differences: Floats, look: Look, design: SequentialDesign, limits: Limits, *, scale: float
) -> SequentialDecision | None:
    """Regressed (not met) or not worse (met), from differences B - A; None while neither is shown.

    Regressed: test and interval both say worse, and the drop is at least `min_effect`. Not worse: the
    interval lies above -`margin`. The interval is the one that holds at all looks at once: Tango's for
    differences of -1, 0 and 1, else t±1, at the level of the look. By betting, what wins against 0 is
    worse, and what wins against -`margin` is not. `scale` is the greatest possible |difference|; nothing
    is settled without a pair.
    """
    if len(differences) == 0:
        return None
    delta = float(differences.mean())
    large = -delta >= limits.min_effect - TIE
    if design.method == "always-valid":
        return _by_wealth(differences, design, limits, scale, large=large)
    level = 1.0 - 2.0 * look.p
    low, high = _interval(differences, scale, level)
    stop = crossed(differences, look, scale=scale)
    how = f"interval {low:+.4g} to {high:+.4g} with z = {look.z:.3f}, which allows for earlier looks"
    if stop is not None and stop.worse and high < 0 and large:
        return SequentialDecision(False, delta, how)
    return SequentialDecision(True, delta, how) if low > -limits.margin else None


def _by_wealth(
    differences: Floats, design: SequentialDesign, limits: Limits, scale: float, *, large: bool
) -> SequentialDecision | None:  # fmt: skip
    wall, delta = f"a wealth of {max(design.tests, 1) / design.alpha:g}", float(differences.mean())
    stop = always_valid(differences, scale=scale, alpha=design.alpha, gates=design.tests)
    if stop is not None and stop.worse and large:
        return SequentialDecision(False, delta, f"{wall} against no change after {stop.cases} cases")
    if limits.margin >= scale:  # a drop beyond the scale cannot be
        return SequentialDecision(True, delta, "the margin is the whole scale")
    stop = refused(differences, -limits.margin, scale=scale, alpha=design.alpha, gates=design.tests)
    if stop is None or stop.worse:
        return None
    return SequentialDecision(
        True, delta, f"{wall} against a drop of {limits.margin:g} after {stop.cases} cases"
    )


def _interval(differences: Floats, scale: float, level: float) -> tuple[float, float]:
    if scale == 1.0 and np.isin(differences, (-1.0, 0.0, 1.0)).all():
        broken, fixed = int(np.sum(differences < 0)), int(np.sum(differences > 0))
        return tango(broken, fixed, len(differences), level=level)
    found = t01(differences, -scale, scale, level=level)
    if found.low is None or found.high is None:  # without a pair anything is possible
        return -scale, scale
    return found.low, found.high
