"""What a team's own code gives back as JSON values: models, data classes, dates, numbers of numpy."""

import json
from collections.abc import AsyncIterator, Awaitable, Iterator, Set
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic_core import to_jsonable_python

from prompteval.core.strict_json import loads
from prompteval.plan.results.shapes import plain, scalar

# Each gives its values once, some of them without end: to read them is the system's own work.
_UNREAD = (Iterator, Awaitable, AsyncIterator)


def json_values(found: object) -> tuple[Any, str]:
    """(JSON values, their text) of any object; a text stays as it is.

    Models of pydantic and data classes become objects, sets sorted lists, dates and decimals texts, numbers
    and arrays of numpy numbers and lists. Raises TypeError, ValueError or RecursionError for what JSON has
    not: NaN, generators, circles, objects of unknown types.
    """
    if isinstance(found, str):
        return found, found
    text = json.dumps(found, ensure_ascii=False, allow_nan=False, default=_plain)
    return loads(text), text


def as_mapping(value: object) -> object:
    """A model of pydantic or a data class as a mapping of its fields, whose values stay; another as it is."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: getattr(value, one.name) for one in fields(value)}
    return plain(value)


def _plain(value: object) -> object:
    """What `json` does not know as what it knows, one level deep."""
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return as_mapping(value)
    if isinstance(value, _UNREAD):
        raise TypeError(f"a value of the type {type(value).__name__} is not JSON; return what it gives")
    if isinstance(value, Set):
        return sorted(value, key=repr)
    single = scalar(value)
    if single is not value:
        return single
    as_list = getattr(value, "tolist", None)
    return as_list() if callable(as_list) else to_jsonable_python(value)
