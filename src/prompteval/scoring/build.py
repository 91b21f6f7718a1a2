"""A scorer from what a suite says: its kind by name, its options checked."""

import typing
from dataclasses import fields
from typing import Any

from prompteval.core.errors import UsageError
from prompteval.core.problem import did_you_mean
from prompteval.core.protocols import SCORE_SECONDS, Embedder, Scorer
from prompteval.core.registry import resolve, table
from prompteval.scoring.function import PythonScorer
from prompteval.workspace.code import load_code
from prompteval.workspace.settings import Workspace
from prompteval.workspace.suite import ScorerSpec

GROUP = "prompteval.scorers"
_WORDS: dict[Any, str] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    type(None): "nothing",
}
INJECTED = frozenset({"name", "embedder"})


def build_scorer(spec: ScorerSpec, *, embedder: Embedder | None = None, workspace: Workspace) -> Scorer:
    """The scorer of a suite's entry.

    Raises UsageError for an unknown kind or option, naming the nearest, and ValueError for an
    option with a wrong value.
    """
    if spec.kind == "python":
        entry = spec.function
        unknown = spec.options.keys() - {"value", "function", "timeout_s", "threshold"}
        if unknown:
            help = "known: function, name, threshold, timeout_s"
            raise UsageError(f"python has no option {min(unknown)!r}", help)
        seconds = spec.options.get("timeout_s", SCORE_SECONDS)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds <= 0:
            raise ValueError(f"python: timeout_s is a number of seconds above 0, not {seconds!r}")
        name = spec.name if spec.name != "python" else entry.rpartition(":")[2]
        threshold = spec.options.get("threshold")
        if threshold is not None:
            _check_type("python", "threshold", float, threshold)
            if not 0 <= threshold <= 1:
                raise ValueError("python: threshold is between 0 and 1")
        return PythonScorer(name, load_code(workspace, entry).function, float(seconds), threshold)
    if spec.kind not in table(GROUP):
        known = [*table(GROUP), "python"]
        raise UsageError(f"there is no scorer {spec.kind!r}", did_you_mean(spec.kind, known))
    kind = resolve(GROUP, spec.kind)
    known_options = {item.name for item in fields(kind)} - INJECTED
    for option in spec.options:
        if option not in known_options:
            help = did_you_mean(option, known_options)
            raise UsageError(f"{spec.kind} has no option {option!r}", help)
    for item in fields(kind):
        if item.name in spec.options:
            _check_type(spec.kind, item.name, item.type, spec.options[item.name])
    values: dict[str, Any] = dict(spec.options)
    if "embedder" in {item.name for item in fields(kind)}:
        values["embedder"] = embedder
    try:
        scorer: Scorer = kind(name=spec.name, **values)
    except TypeError as error:
        raise ValueError(f"{spec.kind}: {error}") from None
    return scorer


def _check_type(kind: str, option: str, wanted: Any, value: Any) -> None:
    """Raise ValueError for an option of another plain type than its field has."""
    types = typing.get_args(wanted) or (wanted,)
    if not set(types) <= _WORDS.keys():
        return  # a type of the scorer's own; its constructor knows it
    allowed = {int, float} | set(types) if float in types else set(types)
    if type(value) not in allowed:
        words = " or ".join(_WORDS[item] for item in types if item is not type(None))
        raise ValueError(f"{kind}: {option} is {words}, not {value!r}")
