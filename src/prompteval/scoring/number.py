"""Numbers, equal within a tolerance."""

import math
import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from prompteval.core.case import Case
from prompteval.core.observation import Score
from prompteval.scoring.base import BaseScorer
from prompteval.scoring.options import TextOptions
from prompteval.workspace.field_types import Ranged

_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")


class NumberOptions(TextOptions):
    """Of `number`."""

    abs_tol: Annotated[float, Ranged("tolerance")] = Field(0.0, description="How far a number may be off.")
    rel_tol: Annotated[float, Ranged("tolerance")] = Field(
        0.0, description="How far a number may be off, as a share of the expected one."
    )


@dataclass(frozen=True)
class Number(BaseScorer):
    """1 where |answer - expected| <= max(abs_tol, rel_tol x |expected|).

    A text answer counts as a number when it is one after trimming, thousands separated by
    commas allowed; use `extract` for a number inside a sentence.

    Example: `{number: {abs_tol: 0.01}}`
    """

    options = NumberOptions
    reports = ("numbers",)
    instant = True

    abs_tol: float = 0.0
    rel_tol: float = 0.0

    def judge(self, expected: object, answer: object, case: Case) -> Score:
        wanted, given = to_number(expected), to_number(answer)
        if wanted is None:
            return Score(self.name, None, status="failed", reason=f"expected {expected!r} is not a number")
        if given is None:
            return Score(self.name, 0.0, reason=f"{str(answer)[:60]!r} is not a number")
        error = abs(given - wanted)
        close = error <= max(self.abs_tol, self.rel_tol * abs(wanted))
        evidence = {"expected": wanted, "given": given}
        if math.isfinite(error):
            evidence["error"] = error
        return Score(self.name, float(close), evidence=evidence)


def to_number(value: Any) -> float | None:
    """A finite number, or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        if not text or _NUMBER.fullmatch(text) is None:
            return None
        value = text.replace(",", "")
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
