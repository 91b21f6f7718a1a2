"""The rules of BFCL's checker for Python, written plainly as an oracle: types by `type`, values by `in`.

From Patil et al. 2024 and the repository of the leaderboard; names as in the data.
"""

import re
from typing import Any

TYPES: dict[str, type] = {
    "string": str, "integer": int, "float": float, "boolean": bool, "array": list, "tuple": list, "dict": dict,
    "any": str,
}  # fmt: skip


def all_right(
    calls: list[dict[str, Any]], truths: list[dict[str, Any]], functions: list[dict[str, Any]]
) -> bool:
    """Each expected call takes the first call left that fits it."""
    left = list(range(len(calls)))
    for truth in truths:
        fitting = next((index for index in left if _right(calls[index], truth, functions)), None)
        if fitting is None:
            return False
        left.remove(fitting)
    return not left


def _right(call: dict[str, Any], truth: dict[str, Any], functions: list[dict[str, Any]]) -> bool:
    ((name, accepted),) = truth.items()
    if call["name"] != name:
        return False
    documented = next(one["parameters"] for one in functions if one["name"] == name)
    given = call["arguments"]
    if any(parameter not in given for parameter in documented["required"]):
        return False
    for parameter, value in given.items():
        if parameter not in documented["properties"] or parameter not in accepted:
            return False
        if not _value(value, accepted[parameter], documented["properties"][parameter]):
            return False
    return all(parameter in given or "" in options for parameter, options in accepted.items())


def _value(value: Any, accepted: list[Any], schema: dict[str, Any]) -> bool:
    wanted = TYPES[schema["type"]]
    item = TYPES[schema["items"]["type"]] if schema["type"] in ("array", "tuple") else None
    if schema["type"] == "float" and type(value) is int:
        value = float(value)
    fits, as_it_is = _type(value, accepted, wanted, item)
    if not fits:
        return False
    if as_it_is:
        return value in accepted
    if wanted is dict:
        return _object(value, accepted)
    if item is dict:
        lists = (one for one in accepted if len(one) == len(value))
        return any(all(_object(v, [o]) for v, o in zip(value, one, strict=True)) for one in lists)
    if wanted is str:
        return _normal(value) in [_normal(one) for one in accepted]
    if wanted is list:
        return list(map(_normal, value)) in [list(map(_normal, one)) for one in accepted]
    return value in accepted


def _type(value: Any, accepted: list[Any], wanted: type, item: type | None) -> tuple[bool, bool]:
    """(whether the type is right, whether it is that of the first accepted value and not the documented one)."""
    first = next((type(one) for one in accepted if one != ""), None)
    other = first is not None and first is not wanted
    if type(value) is not wanted:
        return first is not None and type(value) is first, True
    if item is None:
        return True, other
    return any(
        type(one) is not list or all(_type(part, one, item, None)[0] for part in value) for one in accepted
    ), other


def _object(value: dict[str, Any], accepted: list[Any]) -> bool:
    return any(
        all(key in one and _normal(part) in list(map(_normal, one[key])) for key, part in value.items())
        and all(key in value or "" in options for key, options in one.items())
        for one in accepted
        if one != ""
    )


def _normal(value: Any) -> Any:
    return re.sub(r"[ ,./\-_*^]", "", value).lower().replace("'", '"') if isinstance(value, str) else value
