"""A model's raw reply to a typed output."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from prompteval.core.observation import Failure, Outcome

_FENCE = re.compile(r"```[a-zA-Z0-9_-]*[ \t]*\n(.*?)\n?[ \t]*```", re.DOTALL)
MAX_DEPTH = 64


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed reply: the output as JSON values, or why there is none."""

    outcome: Outcome
    output: Any = None
    failure: Failure | None = None


def parse_model(text: str, model: type[BaseModel]) -> Parsed:
    """JSON text, bare or in one code fence, validated against `model`."""
    try:
        raw = json.loads(_unfenced(text), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        return _invalid("json", f"the reply is not JSON: {error}")
    if _depth(raw) > MAX_DEPTH:
        return _invalid("json", f"the reply is nested deeper than {MAX_DEPTH} levels")
    try:
        value = model.model_validate(raw, extra="forbid")
        return Parsed("ok", value.model_dump(mode="json"))
    except ValidationError as error:
        return _invalid("schema", "; ".join(f"{_dotted(e['loc'])}: {e['msg']}" for e in error.errors()[:5]))


def parse_label(text: str, known: Sequence[str]) -> Parsed:
    """A bare label: equal to one of `known` after trimming, else equal to just one without case."""
    wanted = text.strip(" \t\r\n\"'.`")
    if wanted in known:
        return Parsed("ok", wanted)
    alike = [label for label in known if label.lower() == wanted.lower()]
    if len(alike) == 1:
        return Parsed("ok", alike[0])
    return _invalid("label", f"the reply is none of {', '.join(known)}")


def _unfenced(text: str) -> str:
    found = _FENCE.findall(text)
    return found[0] if len(found) == 1 else text.strip().removeprefix("\ufeff")


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _depth(value: Any) -> int:
    deepest, todo = 0, [(value, 1)]
    while todo:
        item, level = todo.pop()
        deepest = max(deepest, level)
        if level > MAX_DEPTH:
            break
        if isinstance(item, dict):
            todo.extend((child, level + 1) for child in item.values())
        elif isinstance(item, list):
            todo.extend((child, level + 1) for child in item)
        elif isinstance(item, float) and item in (float("inf"), float("-inf")):
            return MAX_DEPTH + 1
    return deepest


def _dotted(place: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in place) or "output"


def _invalid(kind: str, message: str) -> Parsed:
    return Parsed("invalid", None, Failure("parse", kind, message))
