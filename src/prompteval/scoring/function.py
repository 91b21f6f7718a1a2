"""A team's own scorer, named by an explicit `python:` entry."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prompteval.core.case import Case
from prompteval.core.errors import DeadlineExceeded
from prompteval.core.observation import Observation, Score
from prompteval.isolate.alarm import alarm

Function = Callable[[Case, Observation], Any]


SCORE_SECONDS = 60.0


class PythonScorer:
    """Calls `function(case, observation)`; it returns a number from 0 to 1, a bool or a Score.

    Anything else, NaN included, is a failed score with its reason; so is a call that lasts longer
    than `timeout_s` seconds.
    """

    fields_used: tuple[str, ...] = ()

    def __init__(self, name: str, function: Function, timeout_s: float = SCORE_SECONDS) -> None:
        self.name = name
        self._function = function
        self._timeout_s = timeout_s

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
                return Score(self.name, value)
            told = "a number is from 0 to 1; return a Score with low and high for another scale"
        except (TypeError, ValueError) as error:
            told = str(error)
        return Score(self.name, None, status="failed", reason=f"the function returned {result!r}: {told}")


def load_function(entry: str, root: Path) -> Function:
    """The function `package.module:name` of a file below `root`.

    Raises ValueError when there is no such file or name.
    """
    module_name, colon, attribute = entry.partition(":")
    if not colon or not attribute.isidentifier() or not all(p.isidentifier() for p in module_name.split(".")):
        raise ValueError(f"python: {entry!r} is not module:function")
    path = root.joinpath(*module_name.split(".")).with_suffix(".py")
    if not path.is_file() or root.resolve() not in path.resolve().parents:
        raise ValueError(f"python: there is no file {path.relative_to(root)} in the workspace")
    spec = importlib.util.spec_from_file_location(f"prompteval_scorers.{module_name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    quiet, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise ValueError(f"python: {path.relative_to(root)}: {type(error).__name__}: {error}") from None
    finally:
        sys.dont_write_bytecode = quiet
    function = getattr(module, attribute, None)
    if not callable(function):
        raise ValueError(f"python: {path.relative_to(root)} has no function {attribute!r}")
    found: Function = function
    return found
