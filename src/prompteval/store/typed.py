"""Stored JSON texts, lossless: lone surrogates and NUL stay as they are.

Checks of what is read back: a stored value is of its type, or reading it raises one of DAMAGE.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from prompteval.core.json_decoder import json_decoder
from prompteval.core.json_encoder import json_encoder

DAMAGE = (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, OverflowError)
NONE = type(None)
TEXT, COUNT, NUMBER, OBJECT, LIST, FLAG = (str,), (int,), (int, float), (dict,), (list,), (bool,)
JSON = (dict, list, str, int, float, bool, NONE)
Kinds = Mapping[str, tuple[type, ...]]


def dumps(value: object) -> str:
    """Compact JSON in ASCII, so that every text can be stored."""
    return _encode(value)


def loads(text: Any) -> Any:
    """The JSON values of a stored text, however deep: a reply lies some levels within its row."""
    return _decode(text)


def require(holds: bool, what: str) -> None:
    """Raise ValueError unless what is stored is as it must be."""
    if not holds:
        raise ValueError(f"expected {what}")


def fields(body: Any, kinds: Kinds) -> dict[str, Any]:
    """The fields of a stored object, each known and of its type; a copy, to be taken apart."""
    found = dict(body)
    for name, value in found.items():
        if type(value) not in kinds[name]:
            raise TypeError(f"{name} is a {type(value).__name__}")
    return found


def each(values: object, kind: type) -> Any:
    """A list whose every part is of one type."""
    if type(values) is not list or any(type(one) is not kind for one in values):
        raise TypeError(f"expected a list of {kind.__name__}")
    return values


def text(value: Any) -> str:
    """A text."""
    require(type(value) is str, "a string")
    return value  # type: ignore[no-any-return]


def number(value: Any) -> float:
    """A finite number."""
    require(type(value) in NUMBER and math.isfinite(value), "a finite number")
    return value  # type: ignore[no-any-return]


def optional(value: object, check: Any) -> Any:
    """None, or what `check` lets pass."""
    return None if value is None else check(value)


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


_encode = json_encoder()
_decode = json_decoder(json.JSONDecoder(parse_constant=_refuse_constant))
