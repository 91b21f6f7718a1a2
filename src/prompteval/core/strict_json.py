"""JSON that somebody else wrote, read with bounds: every reply, recording, cached row and batch line."""

import json
from math import isfinite
from typing import Any, Final

# Deeper than any reply that means something; what is stored, compared and printed recurses over it.
MOST_DEEP: Final = 100
TOO_DEEP: Final = f"nested deeper than {MOST_DEEP} levels"


def loads(text: str | bytes, *, nan_is_null: bool = False) -> Any:
    """The value of a JSON text: UTF-8 where it is bytes, with or without a byte order mark.

    Raises ValueError, and nothing else, for what is no JSON: a number of thousands of digits, nesting
    deeper than MOST_DEEP, NaN and what no float can hold. With `nan_is_null` these last are None, for
    servers that write them where they have no figure. Size is bounded by whoever read the text.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    try:
        value = (_decode_lenient if nan_is_null else _decode)(text.removeprefix("\ufeff"))
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    # Counting is cheap and nearly always enough; brackets inside strings only cost a walk.
    if text.count("[") + text.count("{") > MOST_DEEP and is_deep(value):
        raise ValueError(TOO_DEEP)
    return value


def is_deep(value: Any) -> bool:
    """Whether lists and objects are nested deeper than MOST_DEEP levels, found without recursion."""
    levels, items = 0, [value]
    while items := [item for item in items if isinstance(item, dict | list | tuple)]:
        levels += 1
        if levels > MOST_DEEP:
            return True
        items = [child for item in items for child in (item.values() if isinstance(item, dict) else item)]
    return False


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
