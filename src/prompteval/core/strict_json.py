"""JSON that somebody else wrote, read with bounds: every reply, recording, cached row and batch line."""

import json
from math import isfinite
from typing import Any, Final

# Deeper than any reply that means something; what is stored, compared and printed recurses over it.
MOST_DEEP: Final = 100
# Each takes about seventy bytes, where its text has three.
MOST_CONTAINERS: Final = 500_000


def loads(text: str | bytes, *, nan_is_null: bool = False) -> Any:
    """The value of a JSON text: UTF-8 where it is bytes, with or without a byte order mark.

    Raises ValueError, and nothing else, for what is not JSON: a number of thousands of digits, too
    much (see `excess`), NaN and what no float can hold. With `nan_is_null` these last are None, for
    servers that write them where they have no figure. Size is bounded by whoever read the text.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    try:
        value = (_decode_lenient if nan_is_null else _decode)(text.removeprefix("\ufeff"))
    except RecursionError:
        raise ValueError(f"nested deeper than {MOST_DEEP} levels") from None
    # Counting is cheap and nearly always enough; brackets inside strings only cost a walk.
    if text.count("[") + text.count("{") > MOST_DEEP and (much := excess(value)):
        raise ValueError(much)
    return value


def excess(value: Any) -> str:
    """What is too much in a JSON value, its depth or its number of lists and objects; empty otherwise.

    Found without recursion.
    """
    levels = containers = 0
    items = [value]
    while items := [item for item in items if isinstance(item, dict | list | tuple)]:
        levels += 1
        containers += len(items)
        if levels > MOST_DEEP:
            return f"nested deeper than {MOST_DEEP} levels"
        if containers > MOST_CONTAINERS:
            return f"over {MOST_CONTAINERS:,} lists and objects"
        items = [child for item in items for child in (item.values() if isinstance(item, dict) else item)]
    return ""


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def finite_number(text: str) -> float:
    """The number, as a decoder's `parse_float`. Raises ValueError for one that no float can hold."""
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text[:40]} is beyond what a number can hold")
    return number


def _finite_or_none(text: str) -> float | None:
    number = float(text)
    return number if isfinite(number) else None


_decode = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=finite_number).decode
_decode_lenient = json.JSONDecoder(parse_constant=lambda _: None, parse_float=_finite_or_none).decode
