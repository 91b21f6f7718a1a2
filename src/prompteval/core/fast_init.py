"""A frozen dataclass that is made as fast as one that is not frozen.

`dataclasses` sets each field of a frozen class by a call of `object.__setattr__`: of sixteen fields that
takes six times as long as plain assignments do, and each case of a run makes a dozen such objects.
"""

from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

T = TypeVar("T")


def fast_init(cls: type[T]) -> type[T]:
    """The class with another `__init__`, which has the same parameters and does the same.

    `cls` is a dataclass with `frozen=True, slots=True` whose base is `object`. While its fields are set, a
    new object is one of a twin: a class with the same slots that is not frozen. An object of a subclass,
    which may have other slots, gets its fields as `dataclasses` sets them.
    """
    own: tuple[Field[Any], ...] = fields(cls)  # type: ignore[arg-type]
    twin = type(cls.__name__, (), {"__slots__": tuple(field.name for field in own)})
    names: dict[str, object] = {"_own": cls, "_twin": twin, "_set": object.__setattr__, "_absent": MISSING}
    names["_type"] = type
    parameters, values = ["self"], dict[str, str]()
    for field in own:
        name = field.name
        if field.default_factory is not MISSING:
            names[f"_make_{name}"] = field.default_factory
            made = f"_make_{name}()"
            values[name] = f"{made} if {name} is _absent else {name}" if field.init else made
        else:
            values[name] = name
        if field.init:
            parameters.append(name + _default(field, names))
    lines = ["if _type(self) is _own:", '    _set(self, "__class__", _twin)']
    lines += [f"    self.{name} = {value}" for name, value in values.items()]
    lines += ["    self.__class__ = _own", "else:"]
    lines += [f"    _set(self, {name!r}, {value})" for name, value in values.items()]
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    body = "\n    ".join(lines)
    exec(f"def __init__({', '.join(parameters)}):\n    {body}", names)  # as dataclasses does
    made_init: Callable[..., None] = names["__init__"]  # type: ignore[assignment]
    made_init.__qualname__ = f"{cls.__qualname__}.__init__"
    made_init.__module__ = cls.__module__
    made_init.__annotations__ = cls.__init__.__annotations__
    cls.__init__ = made_init  # type: ignore[method-assign]
    return cls


def _default(field: "Field[Any]", names: dict[str, object]) -> str:
    if field.default_factory is not MISSING:
        return "=_absent"
    if field.default is MISSING:
        return ""
    names[f"_default_{field.name}"] = field.default
    return f"=_default_{field.name}"
