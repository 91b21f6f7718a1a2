"""JSON that somebody else wrote, read with bounds: every reply, recording, cached row and batch line."""

import json
import sys
from collections import Counter
from math import isfinite
from typing import Any, Final, TypeAlias

from prompteval.core.json_decoder import json_decoder

# An object before its keys have types.
JsonObject: TypeAlias = dict[str, Any]
# Deeper than any reply that means something; what is stored, compared and printed recurses over it.
MOST_DEEP: Final = 100
# Each takes about seventy bytes, where its text has three.
MOST_CONTAINERS: Final = 500_000


def loads(text: str | bytes, *, nan_is_null: bool = False, unique_keys: bool = False) -> Any:
    """The value of a JSON text: UTF-8 where it is bytes, with or without a byte order mark.

    Raises ValueError, and nothing else, for what is not JSON: a number of thousands of digits, too
    much (see `excess`), NaN and what no float can hold. With `nan_is_null` these last are None, for
    servers that write them where they have no figure. With `unique_keys` an object may not have a key twice:
    in a file that people review, the second would hide. Size is bounded by whoever read the text.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    try:
        decode = decode_unique if unique_keys else _decode_lenient if nan_is_null else _decode
        value = decode(text.removeprefix("\ufeff"))
    except json.JSONDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise ValueError(fault_of(error)) from None
    # Counting is cheap and nearly always enough; brackets inside strings only cost a walk.
    if text.count("[") + text.count("{") > MOST_DEEP and (much := excess(value)):
        raise ValueError(much)
    return value


def fault_of(error: ValueError | RecursionError) -> str:
    """Why a text is not JSON, by what a decoder raised, in the words of the format and not of Python."""
    if isinstance(error, RecursionError):
        return f"nested deeper than {MOST_DEEP} levels"
    if isinstance(error, json.JSONDecodeError):
        return error.msg
    if "integer string conversion" in str(error):
        return f"a number of more than {sys.get_int_max_str_digits():,} digits"
    return str(error)


def json_type_name(value: object) -> str:
    """What a JSON value is, as a message calls it."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true or false"
    kinds = {str: "a string", int: "a whole number", float: "a number", list: "a list", dict: "an object"}
    return kinds.get(type(value), type(value).__name__)


def excess(value: object) -> str:
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


def unique_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object, as a decoder's `object_pairs_hook`. Raises ValueError for a key that it has twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        counts = Counter(key for key, _ in pairs)
        double = next(key for key, count in counts.items() if count > 1)
        raise ValueError(f"duplicate key {double[:80]!r} in one object")
    return found


def refuse_constant(name: str) -> object:
    """A decoder's `parse_constant`. Raises ValueError."""
    raise ValueError(f"{name} is not a JSON number")


def finite_number(text: str) -> float:
    """The number, as a decoder's `parse_float`. Raises ValueError for one that no float can hold."""
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text[:40]} is beyond what a number can hold")
    return number


def _finite_or_none(text: str) -> float | None:
    number = float(text)
    return number if isfinite(number) else None


_decode = json_decoder(json.JSONDecoder(parse_constant=refuse_constant, parse_float=finite_number))
decode_unique = json_decoder(
    json.JSONDecoder(
        object_pairs_hook=unique_object, parse_constant=refuse_constant, parse_float=finite_number
    )
)
_decode_lenient = json_decoder(json.JSONDecoder(parse_constant=lambda _: None, parse_float=_finite_or_none))
