"""What a case expects of an argument: a value, or a condition such as `{"$one_of": [...]}`."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from prompteval.core.problem import did_you_mean
from prompteval.core.ranges import shown

Place = tuple[str | int, ...]
# The key that makes an object a condition → the keys that may be beside it.
FORMS: Mapping[str, tuple[str, ...]] = {
    "$one_of": ("$omit",),
    "$regex": ("$omit",),
    "$near": ("$abs_tol", "$omit"),
    "$any": ("$omit",),
    "$literal": ("$omit",),
}
KEYS = ("$one_of", "$regex", "$near", "$abs_tol", "$any", "$literal", "$omit")
# Rounding may put a number that is just within a tolerance just outside.
_ROUNDING = 1e-9


class WrongCondition(ValueError):
    """A condition that says nothing; `place` is its path in the value, `help` what to write."""

    def __init__(self, place: Place, message: str, help: str = "") -> None:
        super().__init__(message)
        self.place = place
        self.help = help


@dataclass(frozen=True, slots=True)
class Equal:
    """A text, number, truth value or null; with `exactly` any value, compared as it is."""

    value: object
    exactly: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """Any of several; the type of the first is right, even if the tool's schema has another."""

    options: "tuple[Expected, ...]"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text in which a regular expression is found."""

    regex: str


@dataclass(frozen=True, slots=True)
class Near:
    """A number at most `tolerance` away."""

    value: float
    tolerance: float

    def holds(self, number: float) -> bool:
        """Whether a number is near enough, rounding allowed for."""
        return abs(number - self.value) <= self.tolerance * (1 + _ROUNDING)


@dataclass(frozen=True, slots=True)
class Anything:
    """Any value at all, as long as one is given."""


@dataclass(frozen=True, slots=True)
class Items:
    """A list, item by item."""

    items: "tuple[Expected, ...]"


@dataclass(frozen=True, slots=True)
class Fields:
    """An object, key by key; others are wrong."""

    fields: "Mapping[str, Argument]" = field(default_factory=dict)


Expected = Equal | OneOf | Pattern | Near | Anything | Items | Fields


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a call, or a key of an object.

    `omit` says whether it may be left out: None where it may only if that means the same, by the default
    that the tool's schema has for it.
    """

    expected: Expected
    omit: bool | None = None


def read_arguments(raw: Mapping[str, object], place: Place = ()) -> Mapping[str, Argument]:
    """The arguments that a case writes. Raises WrongCondition for the first that says nothing."""
    return {name: _argument(value, (*place, name)) for name, value in raw.items()}


def regexes(expected: Expected) -> Iterator[str]:
    """Every regular expression in what is expected."""
    if isinstance(expected, Pattern):
        yield expected.regex
    parts: tuple[Expected, ...] = ()
    if isinstance(expected, OneOf):
        parts = expected.options
    elif isinstance(expected, Items):
        parts = expected.items
    elif isinstance(expected, Fields):
        parts = tuple(part.expected for part in expected.fields.values())
    for part in parts:
        yield from regexes(part)


def _argument(raw: object, place: Place) -> Argument:
    omit = raw.get("$omit") if isinstance(raw, Mapping) else None
    if omit is not None and not isinstance(omit, bool):
        raise WrongCondition(place, f"$omit must be true or false, not {shown(omit)}")
    return Argument(_expected(raw, place, in_object=True), omit)


def _expected(raw: object, place: Place, *, in_object: bool = False) -> Expected:
    if isinstance(raw, list | tuple):
        return Items(tuple(_expected(item, (*place, index)) for index, item in enumerate(raw)))
    if not isinstance(raw, Mapping):
        return Equal(raw)
    if not any(isinstance(key, str) and key.startswith("$") for key in raw):
        return Fields(read_arguments(raw, place))
    form = _form(raw, place)
    if "$omit" in raw and not in_object:
        raise WrongCondition(place, "$omit is for an argument or a key of an object, and this is neither")
    return _READERS[form](raw, place)


def _form(raw: Mapping[str, object], place: Place) -> str:
    """The key that says which condition it is, with no key beside it that belongs to none or to another."""
    for key in raw:
        if key not in KEYS:
            message = f"unknown key {key!r} in a condition"
            raise WrongCondition(place, message, did_you_mean(key, KEYS))
    forms = [key for key in raw if key in FORMS]
    if len(forms) != 1:
        message = (
            f"{' and '.join(forms)} exclude each other"
            if forms
            else f"{next(iter(raw))} has no meaning alone"
        )
        raise WrongCondition(place, message, 'such as {"$one_of": ["a", "b"], "$omit": true}')
    other = next((key for key in raw if key != forms[0] and key not in FORMS[forms[0]]), None)
    if other is not None:
        raise WrongCondition(place, f"{other} does not go with {forms[0]}")
    return forms[0]


def _one_of(raw: Mapping[str, object], place: Place) -> Expected:
    options = raw["$one_of"]
    if not isinstance(options, list | tuple) or not options:
        raise WrongCondition(place, f"$one_of must be a non-empty list, not {shown(options)}")
    return OneOf(tuple(_expected(one, (*place, "$one_of", index)) for index, one in enumerate(options)))


def _regex(raw: Mapping[str, object], place: Place) -> Expected:
    if not isinstance(raw["$regex"], str) or not raw["$regex"]:
        raise WrongCondition(place, f"$regex must be a non-empty string, not {shown(raw['$regex'])}")
    return Pattern(raw["$regex"])


def _near(raw: Mapping[str, Any], place: Place) -> Expected:
    if "$abs_tol" not in raw:
        raise WrongCondition(place, "$near needs $abs_tol", '{"$near": 1.5, "$abs_tol": 0.1}')
    value, tolerance = raw["$near"], raw["$abs_tol"]
    if not _is_number(value):
        raise WrongCondition(place, f"$near must be a number, not {shown(value)}")
    if not _is_number(tolerance) or tolerance < 0:
        raise WrongCondition(place, f"$abs_tol must be a number from 0, not {shown(tolerance)}")
    return Near(value, tolerance)


def _any(raw: Mapping[str, object], place: Place) -> Expected:
    if raw["$any"] is not True:
        raise WrongCondition(place, f"$any must be true, not {shown(raw['$any'])}")
    return Anything()


_READERS: Mapping[str, Callable[[Mapping[str, Any], Place], Expected]] = {
    "$one_of": _one_of,
    "$regex": _regex,
    "$near": _near,
    "$any": _any,
    "$literal": lambda raw, _: Equal(raw["$literal"], exactly=True),
}


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return abs(float(value)) < float("inf")
    except OverflowError:
        return False
