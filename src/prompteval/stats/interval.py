"""95 % intervals of one number. Undefined is None with a reason, never NaN."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prompteval.stats.distributions import normal_quantile, t_quantile

LEVEL = 0.95
SMALL_SAMPLE = 200


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its interval; all None when undefined, and `reason` says why."""

    value: float | None
    low: float | None
    high: float | None
    method: str
    reason: str = ""
    note: str = ""


def undefined(method: str, reason: str) -> Interval:
    """No value, no interval, and why."""
    return Interval(None, None, None, method, reason)


def refuse_nan(values: NDArray[np.float64]) -> None:
    """Raises ValueError where a value is NaN: a score that is not there must not enter a mean."""
    if np.isnan(values).any():
        raise ValueError("NaN is not a score")


def wilson(successes: float, n: float, *, level: float = LEVEL) -> Interval:
    """Wilson's score interval of a proportion (Wilson 1927); `n` may be an effective sample size.

    Undefined for n = 0. Bounds stay within 0 and 1. Raises ValueError for NaN.
    """
    if math.isnan(successes) or math.isnan(n):
        raise ValueError("NaN is not a count")
    if n <= 0:
        return undefined("wilson", "no case was scored")
    z = normal_quantile(0.5 + level / 2.0)
    p = successes / n
    denominator = 1.0 + z * z / n
    centre = (p + z * z / (2.0 * n)) / denominator
    half = z * math.sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n)) / denominator
    low = 0.0 if successes == 0 else max(centre - half, 0.0)
    high = 1.0 if successes == n else min(centre + half, 1.0)
    return Interval(p, low, high, "wilson")


def t01(values: NDArray[np.float64], low: float, high: float, *, level: float = LEVEL) -> Interval:
    """Interval of a bounded mean: one `low` and one `high` appended, then Student's t.

    The value is the plain mean. Undefined for no values. Raises ValueError for NaN.
    """
    refuse_nan(values)
    if len(values) == 0:
        return undefined("t01", "no case was scored")
    mean = float(np.mean(values))
    padded = np.append(values, (low, high))
    middle, half = _student(padded, level)
    return Interval(mean, min(max(middle - half, low), mean), max(min(middle + half, high), mean), "t01")


def student_t(values: NDArray[np.float64], *, level: float = LEVEL) -> Interval:
    """Interval of an unbounded mean by Student's t; approximate under 200 values.

    Undefined for no values; one value has a mean and no interval. Raises ValueError for NaN.
    """
    refuse_nan(values)
    if len(values) == 0:
        return undefined("t", "no case was scored")
    mean = float(np.mean(values))
    if len(values) == 1:
        return Interval(mean, None, None, "t", reason="one case has no interval")
    middle, half = _student(values, level)
    note = "approximate: under 200 cases" if len(values) < SMALL_SAMPLE else ""
    return Interval(mean, middle - half, middle + half, "t", note=note)


def _student(values: NDArray[np.float64], level: float) -> tuple[float, float]:
    n = len(values)
    spread = float(np.std(values, ddof=1)) / math.sqrt(n)
    return float(np.mean(values)), t_quantile(0.5 + level / 2.0, n - 1) * spread


def percentile_latency(values: NDArray[np.float64], q: float) -> float | None:
    """The q-quantile (0 to 1) by the nearest rank; None for no values."""
    if len(values) == 0:
        return None
    ordered = np.sort(values)
    return float(ordered[min(max(math.ceil(q * len(ordered)) - 1, 0), len(ordered) - 1)])
