"""A model's raw reply to a typed output."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import BaseModel, ValidationError

from prompteval.core.observation import Failure, Outcome
from prompteval.core.strict_json import loads

_FENCE = re.compile(r"```[a-zA-Z0-9_-]*+[ \t]*+\n")
_encode = json.JSONEncoder(allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed reply: the output as JSON values, or why there is none."""

    outcome: Outcome
    output: Any = None
    failure: Failure | None = None


def parse_model(text: str, model: type[BaseModel]) -> Parsed:
    """JSON text, bare or in one code fence, validated against `model`."""
    try:
        raw = loads(_unfenced(text))
    except ValueError as error:
        return _invalid("json", f"the reply is not JSON: {error}")
    try:
        value = model.model_validate(raw, extra="forbid").model_dump(mode="json")
        _encode(value)  # "inf" is a float to pydantic, and nothing to JSON
        return Parsed("ok", value)
    except ValidationError as error:
        return _invalid("schema", "; ".join(f"{_dotted(e['loc'])}: {e['msg']}" for e in error.errors()[:5]))
    except ValueError as error:
        return _invalid("schema", f"the output is not JSON: {error}")


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
    found = list(islice(_fenced(text), 2))
    return found[0] if len(found) == 1 else text.strip().removeprefix("\ufeff")


def _fenced(text: str) -> Iterator[str]:
    """What stands between an opening fence with its line break and the next fence, each in its turn."""
    opening = _FENCE.search(text)
    while opening is not None and (closing := text.find("```", opening.end())) >= 0:
        yield text[opening.end() : closing].rstrip(" \t").removesuffix("\n")
        opening = _FENCE.search(text, closing + 3)


def _dotted(place: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in place) or "output"


def _invalid(kind: str, message: str) -> Parsed:
    return Parsed("invalid", None, Failure("parse", kind, message))
