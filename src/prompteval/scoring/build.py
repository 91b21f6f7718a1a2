"""A scorer from what a suite says: its kind by name, its options checked."""

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import UnionType
from typing import Any

from prompteval.core.errors import PromptevalError, UsageError
from prompteval.core.problem import did_you_mean
from prompteval.core.protocols import SCORE_SECONDS, Embedder, Scorer
from prompteval.core.registry import resolve, table
from prompteval.scoring.function import DeclaredProperties, function_scorer
from prompteval.scoring.outside import as_scorer
from prompteval.scoring.turn import OPTION, turn_of
from prompteval.workspace.code import load_code
from prompteval.workspace.settings import Workspace
from prompteval.workspace.suite import ScorerSpec

GROUP = "prompteval.scorers"
PYTHON_OPTIONS = ("function", "threshold", "thread_safe", "timeout_s", "version")
_WORDS: dict[Any, str] = {
    str: "a string",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    type(None): "null",
}
INJECTED = frozenset({"self", "name", "embedder", "loaded", "rival"})


def build_scorer(spec: ScorerSpec, *, embedder: Embedder | None = None, workspace: Workspace) -> Scorer:
    """The scorer of a suite's entry.

    Raises UsageError for an unknown kind or option, naming the nearest, for what is not a scorer and for
    a missing extra, and ValueError for an option with a wrong value.
    """
    turn_of(spec.options)
    if spec.kind == "python":
        return _own(spec, workspace)
    if spec.kind not in table(GROUP):
        known = [*table(GROUP), "python"]
        raise UsageError(f"unknown scorer {spec.kind!r}", did_you_mean(spec.kind, known))
    options = {name: value for name, value in spec.options.items() if name != OPTION}
    return _made(spec.kind, resolve(GROUP, spec.kind), spec.name, options, embedder)


def _own(spec: ScorerSpec, workspace: Workspace) -> Scorer:
    """`python:` names a function, or a class of scorers, which takes options of its own."""
    entry = spec.function
    options = {
        name: value for name, value in spec.options.items() if name not in ("value", "function", OPTION)
    }
    promises = DeclaredProperties(
        timeout_s=_seconds(options.get("timeout_s", SCORE_SECONDS)),
        threshold=_threshold("python", options.get("threshold")),
        version=_typed("python", "version", str, options.get("version", "")),
        thread_safe=_typed("python", "thread_safe", bool, options.get("thread_safe", True)),
    )
    code = load_code(workspace, entry)
    name = spec.name if spec.name != "python" else entry.rpartition(":")[2]
    function: Any = code.function
    if isinstance(function, type) and hasattr(function, "score"):
        return _made(entry, function, name, options, None)
    if workspace.imports:  # else nobody knows whether it is a class
        _refuse_unknown("python", options, PYTHON_OPTIONS)
    if promises.version:  # with that of the function's file, so that an edit is seen too
        promises = replace(promises, version=f"{promises.version}:{code.fingerprint}")
    return function_scorer(name, function, promises)


def _made(
    kind: str,
    make: Callable[..., object],
    name: str,
    options: Mapping[str, object],
    embedder: Embedder | None,
) -> Scorer:
    """What a class or a factory makes of its options, once each has the type that it is declared with."""
    parameters, threshold = _parameters(make), None
    if "threshold" in options and "threshold" not in parameters:
        options = dict(options)
        threshold = _threshold(kind, options.pop("threshold"))
    if not any(item.kind is inspect.Parameter.VAR_KEYWORD for item in parameters.values()):
        _refuse_unknown(kind, options, [p for p in parameters if p not in INJECTED])
    for option, value in options.items():
        if option in parameters:
            _typed(kind, option, parameters[option].annotation, value)
    given = {"name": name, "embedder": embedder}
    values = {**{key: given[key] for key in given if key in parameters}, **options}
    try:
        return as_scorer(name, make(**values), threshold)
    except (PromptevalError, ValueError):
        raise
    except TypeError as error:
        raise ValueError(f"{kind}: {error}") from None
    except Exception as error:
        raise ValueError(f"{kind}: {type(error).__name__}: {error}") from None


def _parameters(make: Callable[..., object]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(make).parameters
    except (TypeError, ValueError):  # native code that does not say
        return {}


def _refuse_unknown(kind: str, options: Mapping[str, object], known: typing.Sequence[str]) -> None:
    for option in options:
        if option not in known:
            raise UsageError(
                f"{kind} has no option {option!r}", did_you_mean(option, known) or "it takes none"
            )


def _typed(kind: str, option: str, wanted: object, value: object) -> Any:
    """The value; raises ValueError where it has another plain type than is declared."""
    is_union = typing.get_origin(wanted) in (typing.Union, UnionType)
    types = typing.get_args(wanted) if is_union else (wanted,)
    if not all(any(item is known for known in _WORDS) for item in types):
        return value  # a type of the scorer's own; its constructor knows it
    allowed = {int, float} | set(types) if float in types else set(types)
    if type(value) not in allowed:
        words = " or ".join(_WORDS[item] for item in types if item is not type(None))
        raise ValueError(f"{kind}: {option} must be {words}, not {value!r}")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise ValueError(f"python: timeout_s must be a number of seconds above 0, not {value!r}")
    return float(value)


def _threshold(kind: str, value: object) -> float | None:
    """A number on the scale of the scorer's values, which need not end at 1."""
    return None if value is None else float(_typed(kind, "threshold", float, value))
