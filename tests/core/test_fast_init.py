"""A frozen dataclass with a fast `__init__` behaves as one without."""

import copy
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.case import Case
from prompteval.core.fast_init import fast_init
from prompteval.core.observation import Call, Observation, Row, Score
from prompteval.core.request import Message, Request, Response, Usage
from prompteval.core.stored import StoredRow, StoredScore

FAST = (Call, Case, Message, Observation, Request, Response, Row, Score, StoredRow, StoredScore, Usage)


@fast_init
@dataclass(frozen=True, slots=True)
class Point:
    """Every kind of field: without a default, with one, with a factory, and none of the parameters."""

    x: int
    name: str = "point"
    tags: Mapping[str, str] = field(default_factory=dict)
    made: list[int] = field(default_factory=list, init=False, compare=False)

    def __post_init__(self) -> None:
        if self.x < 0:
            raise ValueError("x is negative")


@given(st.integers(min_value=0), st.text(), st.dictionaries(st.text(), st.text()))
def test_fields_are_what_was_given(x: int, name: str, tags: dict[str, str]) -> None:
    """By place and by name, and through `replace` and `copy`, the object is the same."""
    point = Point(x, name, tags)
    assert (point.x, point.name, point.tags, point.made) == (x, name, tags, [])
    assert point == Point(x=x, tags=tags, name=name) == replace(Point(0), x=x, name=name, tags=tags)
    assert point == copy.deepcopy(point)
    assert type(point) is Point


def test_defaults_are_made_for_each_object() -> None:
    """What a factory makes is not shared."""
    one, other = Point(1), Point(1)
    assert one == other and one.tags is not other.tags and one.made is not other.made


def test_object_stays_frozen() -> None:
    """No field can be set or deleted, and there is no `__dict__`."""
    point = Point(1)
    with pytest.raises(FrozenInstanceError):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del point.name
    assert not hasattr(point, "__dict__")


def test_wrong_arguments_and_what_post_init_refuses_raise() -> None:
    """A missing or unknown argument is a TypeError that names the class, and `__post_init__` is called."""
    with pytest.raises(TypeError, match=r"Point\.__init__\(\) missing 1 required"):
        Point()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'y'"):
        Point(1, y=2)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="negative"):
        Point(-1)


@pytest.mark.parametrize("cls", FAST, ids=lambda cls: cls.__name__)
def test_classes_of_a_run_are_made_fast(cls: type) -> None:
    """Their `__init__` sets no field by a call."""
    assert cls.__init__.__code__.co_names.count("_set") == 1
    assert "__setattr__" not in cls.__init__.__code__.co_names


class Plain(Score):
    pass


class Slotless(Score):
    __slots__ = ()


class Slotted(Score):
    __slots__ = ("more",)


@dataclass(frozen=True, slots=True)
class Wider(Score):
    more: int = 0


@pytest.mark.parametrize("cls", [Plain, Slotless, Slotted, Wider], ids=lambda cls: cls.__name__)
def test_objects_of_a_subclass_are_of_that_class(cls: type[Score]) -> None:
    """With the fields of its base, which stay frozen, whatever slots it has."""
    made, base = cls("exact", 1.0, reason="same"), Score("exact", 1.0, reason="same")
    assert type(made) is cls
    assert {item.name: getattr(made, item.name) for item in fields(base)} == asdict(base)
    with pytest.raises(FrozenInstanceError):
        made.value = 0.0  # type: ignore[misc]


def test_an_init_of_a_subclass_may_call_that_of_its_base() -> None:
    """Factories make its defaults, and `__post_init__` is called."""

    class Origin(Point):
        def __init__(self, x: int = 0) -> None:
            super().__init__(x)

    one, other = Origin(), Origin()
    assert one == other and (one.x, one.tags, one.made) == (0, {}, []) and one.tags is not other.tags
    with pytest.raises(ValueError, match="negative"):
        Origin(-1)
