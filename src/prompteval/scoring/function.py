"""A team's own scorer, named by an explicit `python:` entry."""

from collections.abc import Callable
from typing import Any

from prompteval.core.case import Case
from prompteval.core.errors import DeadlineExceeded
from prompteval.core.observation import Observation, Score
from prompteval.core.protocols import SCORE_SECONDS, Scorer
from prompteval.isolate.alarm import alarm

Function = Callable[[Case, Observation], Any]


class PythonScorer(Scorer):
    """Calls `function(case, observation)`; it returns a number from 0 to 1, a bool or a Score.

    Anything else, NaN included, is a failed score with its reason; so is a call that lasts longer
    than `timeout_s` seconds.
    """

    def __init__(
        self,
        name: str,
        function: Function,
        timeout_s: float = SCORE_SECONDS,
        threshold: float | None = None,
    ) -> None:
        self.name = name
        self._function = function
        self._timeout_s = timeout_s
        self._threshold = threshold

    def _passes(self, value: float) -> bool | None:
        """By the threshold; without one, 1 passes, 0 fails, and what lies between only measures."""
        if self._threshold is not None:
            return value >= self._threshold
        return bool(value) if value in (0.0, 1.0) else None

    def score(self, case: Case, observation: Observation) -> Score:
        try:
            with alarm(self._timeout_s, f"the scorer {self.name}"):
                result = self._function(case, observation)
        except DeadlineExceeded as error:
            return Score(self.name, None, status="failed", reason=str(error))
        except (Exception, SystemExit) as error:
            return Score(self.name, None, status="failed", reason=f"{type(error).__name__}: {error}")
        if isinstance(result, Score):
            return result
        try:
            value = float(result)
            if 0.0 <= value <= 1.0:
                return Score(self.name, value, passed=self._passes(value))
            told = "a number is from 0 to 1; return a Score with low and high for another scale"
        except (TypeError, ValueError) as error:
            told = str(error)
        return Score(self.name, None, status="failed", reason=f"the function returned {result!r}: {told}")
