"""A team's own scorer function, named by an explicit `python:` entry."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from prompteval.core.case import Case
from prompteval.core.observation import Observation, Score
from prompteval.core.protocols import SCORE_SECONDS, Scorer
from prompteval.scoring.returned import failed, to_score

Function = Callable[[Case, Observation], Any]


@dataclass(frozen=True, slots=True)
class DeclaredProperties:
    """What a suite says of a function; the meaning of each is that of a Scorer's."""

    timeout_s: float = SCORE_SECONDS
    threshold: float | None = None
    version: str = ""
    thread_safe: bool = True


class PythonScorer(Scorer):
    """Calls `function(case, observation)`, and takes what `to_score` takes; all else is a failed score."""

    def __init__(
        self, name: str, function: Function, promises: DeclaredProperties = DeclaredProperties()
    ) -> None:
        self.name = name
        self.threshold = promises.threshold
        self.timeout_s = promises.timeout_s
        self.version = promises.version
        self.thread_safe = promises.thread_safe
        self._function = function

    def score(self, case: Case, observation: Observation) -> Score | Awaitable[Score]:
        try:
            found = self._function(case, observation)
        except (Exception, SystemExit) as error:  # sys.exit(0) would end the run as if it had passed
            return failed(self.name, error)
        return self._later(found) if inspect.isawaitable(found) else self._judged(found)

    async def _later(self, found: Awaitable[object]) -> Score:
        try:
            return self._judged(await found)
        except (Exception, SystemExit) as error:
            return failed(self.name, error)

    def _judged(self, found: object) -> Score:
        return to_score(self.name, found, self.threshold)


class AsyncPythonScorer(PythonScorer):
    """The same for a coroutine function, which runs on the event loop."""

    async def score(self, case: Case, observation: Observation) -> Score:
        return await self._later(self._function(case, observation))


def function_scorer(name: str, function: Function, promises: DeclaredProperties) -> PythonScorer:
    """The scorer that calls this function, in a thread or on the loop."""
    call = type(function).__call__  # of an object that can be called
    is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)
    return (AsyncPythonScorer if is_async else PythonScorer)(name, function, promises)
