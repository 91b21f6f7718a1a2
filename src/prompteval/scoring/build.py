"""A scorer from what a suite says: its kind by name, its options checked."""

import inspect
import typing
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from types import UnionType
from typing import Any

from prompteval.core.errors import InvalidInput, PromptevalError, UsageError
from prompteval.core.problem import Collector, did_you_mean, unknown_keys
from prompteval.core.protocols import SCORE_SECONDS, Embedder, Scorer
from prompteval.core.registry import resolve, table
from prompteval.scoring.function import DeclaredProperties, function_scorer
from prompteval.scoring.outside import as_scorer
from prompteval.scoring.python_options import PythonOptions
from prompteval.workspace.code import load_code
from prompteval.workspace.scorer_options import TURN, check_options, declared_options, turn_of
from prompteval.workspace.settings import Workspace
from prompteval.workspace.suite import ScorerSpec

GROUP = "prompteval.scorers"
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

    Raises InvalidInput with every wrong option at its place, UsageError for an unknown kind, for what is not
    a scorer and for a missing extra, and ValueError for options that a plug-in does not take.
    """
    if spec.kind == "python":
        return _own(spec, workspace)
    if spec.kind not in table(GROUP):
        known = [*table(GROUP), "python"]
        raise UsageError(f"unknown scorer {spec.kind!r}", did_you_mean(spec.kind, known))
    made: Any = resolve(GROUP, spec.kind)
    model = declared_options(made)
    if model is None:
        return _from_signature(spec.kind, made, spec, embedder)
    check_options(spec, model)
    return _called(spec.kind, made, spec, _without(spec.options, TURN), embedder)


def _own(spec: ScorerSpec, workspace: Workspace) -> Scorer:
    """`python:` names a function, or a class of scorers, which takes options of its own."""
    keys = PythonOptions.model_fields
    common = {name: value for name, value in spec.options.items() if name in keys}
    check_options(replace(spec, options=common), PythonOptions)
    code = load_code(workspace, spec.function)
    name = spec.name if spec.name != "python" else spec.function.rpartition(":")[2]
    function: Any = code.function
    if isinstance(function, type) and hasattr(function, "score"):
        own = replace(spec, options=_without(spec.options, "function", "value"), name=name)
        return _from_signature(spec.function, function, own, None)
    if workspace.imports:  # else nobody knows whether it is a class
        written = [key for key in keys if key not in ("name", "value")]
        _refuse_unknown(spec, "python", _without(spec.options, "value"), written)
    threshold, version = common.get("threshold"), common.get("version", "")
    promises = DeclaredProperties(
        timeout_s=float(common.get("timeout_s", SCORE_SECONDS)),
        threshold=None if threshold is None else float(threshold),
        # with that of the function's file, so that an edit is seen too
        version=f"{version}:{code.fingerprint}" if version else "",
        thread_safe=common.get("thread_safe", True),
    )
    return function_scorer(name, function, promises)


def _from_signature(
    kind: str, make: Callable[..., object], spec: ScorerSpec, embedder: Embedder | None
) -> Scorer:
    """What a class or a factory makes of its options, once each has the type that its parameter declares."""
    turn_of(spec.options)
    options, parameters, threshold = _without(spec.options, TURN), _parameters(make), None
    if "threshold" in options and "threshold" not in parameters:
        threshold = options.pop("threshold")
        _check_type(kind, "threshold", float | None, threshold)
    if not any(item.kind is inspect.Parameter.VAR_KEYWORD for item in parameters.values()):
        _refuse_unknown(spec, kind, options, [p for p in parameters if p not in INJECTED])
    for option, value in options.items():
        if option in parameters:
            _check_type(kind, option, parameters[option].annotation, value)
    return _called(kind, make, spec, options, embedder, None if threshold is None else float(threshold))


def _called(
    kind: str,
    make: Callable[..., object],
    spec: ScorerSpec,
    options: Mapping[str, Any],
    embedder: Embedder | None,
    threshold: float | None = None,
) -> Scorer:
    """What it makes, given its name and embedder where it takes them; its own errors are of these options."""
    given: dict[str, object] = {"name": spec.name, "embedder": embedder}
    parameters = _parameters(make)
    values = {**{key: given[key] for key in given if key in parameters}, **options}
    try:
        return as_scorer(spec.name, make(**values), threshold)
    except (PromptevalError, ValueError):
        raise
    except TypeError as error:
        raise ValueError(f"{kind}: {error}") from None
    except Exception as error:
        raise ValueError(f"{kind}: {type(error).__name__}: {error}") from None


def _without(options: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in keys}


def _parameters(make: Callable[..., object]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(make).parameters
    except (TypeError, ValueError):  # native code that does not say
        return {}


def _refuse_unknown(
    spec: ScorerSpec, kind: str, options: Mapping[str, object], known: Collection[str]
) -> None:
    problems = Collector(spec.path)
    unknown, more = unknown_keys(options, known)
    for option, help in unknown:
        message = f"{kind} has no option {option!r}"
        problems.add(*spec.place_of((option,), True), "PE223", message, help or "it takes none")
    problems.skip(more)
    if unknown:
        raise InvalidInput(problems.found)


def _check_type(kind: str, option: str, wanted: object, value: object) -> None:
    """Raise ValueError where a value has another plain type than is declared."""
    is_union = typing.get_origin(wanted) in (typing.Union, UnionType)
    types = typing.get_args(wanted) if is_union else (wanted,)
    if not all(any(item is known for known in _WORDS) for item in types):
        return  # a type of the scorer's own; its constructor knows it
    allowed = {int, float} | set(types) if float in types else set(types)
    if type(value) not in allowed:
        words = " or ".join(_WORDS[item] for item in types if item is not type(None))
        raise ValueError(f"{kind}: {option} must be {words}, not {value!r}")
