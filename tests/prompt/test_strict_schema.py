"""Sixty output models: what is sent is accepted by a strict server, or refused at `check` (B22)."""

import datetime as dt
import enum
import ipaddress
import json
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NamedTuple, Optional, TypeVar

import pytest
from openai.lib._pydantic import to_strict_json_schema
from pydantic import (
    AnyUrl,
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    Json,
    RootModel,
    SecretStr,
    StringConstraints,
    computed_field,
    conint,
    conlist,
    constr,
)  # fmt: skip
from pydantic.dataclasses import dataclass
from typing_extensions import TypedDict

from prompteval import Prompt, labels, user
from prompteval.prompt.schema import strict_schema
from prompteval.prompt.strict import strict_faults
from tests.prompt.strict_subset import fault

T = TypeVar("T")


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Rank(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Inner(BaseModel):
    x: int = 1


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str


class Tree(BaseModel):
    name: str
    left: Optional["Tree"] = Field(None, description="The left one.")
    children: list["Tree"] = []


class Box(BaseModel, Generic[T]):
    held: T


class Point(NamedTuple):
    x: int
    y: int


class Typed(TypedDict, total=False):
    a: int
    b: str


@dataclass
class Data:
    a: int
    b: list[str]


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    a: int


class Line(BaseModel):
    price: float

    @computed_field
    @property
    def double(self) -> float:
        return self.price * 2


def nested(levels: int) -> type[BaseModel]:
    model: Any = Inner
    for level in range(levels - 1):
        model = type(f"L{level}", (BaseModel,), {"__annotations__": {"inner": model}})
    return model  # type: ignore[no-any-return]


SENT: dict[str, Any] = {
    "str": str, "int": int, "float": float, "bool": bool, "none": None, "optional": int | None, "union": int | str,
    "literal": Literal["a", "b"], "literal of one": Literal["a"], "literal of ints": Literal[1, 2],
    "mixed literal": Literal[1, "a", True], "literal with none": Literal["a", None], "enum": Colour, "int enum": Rank,
    "list": list[int], "list of lists": list[list[str]], "set": set[str], "frozen set": frozenset[int],
    "tuple": tuple[int, int], "mixed tuple": tuple[int, str], "long tuple": tuple[int, ...], "named tuple": Point,
    "typed dict": Typed, "dataclass": Data, "model": Inner, "optional model": Inner | None, "models": list[Inner],
    "union of models": Cat | Dog, "discriminated": Annotated[Cat | Dog, Field(discriminator="kind")],
    "list of discriminated": list[Annotated[Cat | Dog, Field(discriminator="kind")]], "recursive": Tree,
    "generic": Box[int], "generic of a model": Box[Inner], "open model": Open, "computed": Line,
    "date": dt.date, "datetime": dt.datetime, "time": dt.time, "timedelta": dt.timedelta, "decimal": Decimal,
    "uuid": uuid.UUID, "url": HttpUrl, "any url": AnyUrl, "ipv4": ipaddress.IPv4Address, "path": Path, "bytes": bytes,
    "secret": SecretStr, "json": Json[list[int]], "conint": conint(ge=0, le=9), "constr": constr(min_length=1),
    "conlist": conlist(int, min_length=1, max_length=3), "multiple": Annotated[int, Field(multiple_of=5)],
    "pattern": Annotated[str, StringConstraints(pattern="^[a-z]+$")],
    "bounded decimal": Annotated[Decimal, Field(max_digits=5, decimal_places=2)],
    "nine levels": nested(9),
}  # fmt: skip
SENT_FIELDS: dict[str, tuple[Any, Any]] = {
    "labels of an enum": (Colour, labels(red="Warm.", blue="Cold.")), "described model": (Inner, Field(description="In.")),
    "described recursive": (Tree, Field(description="Root.")), "examples": (str, Field(examples=["a"])),
    "alias": (int, Field(alias="fullName")), "title and default": (int, Field(3, title="T", deprecated=True)),
}  # fmt: skip
REFUSED: dict[str, tuple[Any, str]] = {
    "dict": (dict[str, int], "open mapping"), "dict of models": (dict[str, Inner], "open mapping"),
    "bare dict": (dict, "open mapping"), "list of dicts": (list[dict[str, str]], "open mapping"),
    "dict of literals": (dict[Literal["a"], int], "open mapping"), "any": (Any, "any value"),
    "object": (object, "any value"), "bare list": (list, "any value"), "list of any": (list[Any], "any value"),
    "twelve levels": (nested(12), "levels of objects"),
    "big enum": (Literal[tuple(f"label-{n}" for n in range(1001))], "values of enums"),
    "long enum": (Literal[tuple(f"{n}" + "x" * 60 for n in range(251))], "characters"),
}  # fmt: skip


def model_of(kind: Any, field: Any = ...) -> type[BaseModel]:
    return type(
        "Output", (BaseModel,), {"__annotations__": {"x": kind}, **({} if field is ... else {"x": field})}
    )


MODELS = {name: model_of(kind) for name, kind in SENT.items()}
MODELS |= {name: model_of(*pair) for name, pair in SENT_FIELDS.items()}
ROOTS = {
    "list root": RootModel[list[int]],
    "union root": RootModel[Cat | Dog],
    "model root": RootModel[Inner],
}


@pytest.mark.parametrize("name", [*MODELS, *ROOTS])
def test_b22_what_is_sent_is_in_the_strict_subset(name: str) -> None:
    """By a validator of its own, written from the guide."""
    schema = strict_schema({**MODELS, **ROOTS}[name])
    assert fault(schema) == "", json.dumps(schema)
    assert strict_faults(schema) == []


@pytest.mark.parametrize("name", REFUSED)
def test_b22_what_cannot_be_sent_is_told_with_its_field(name: str) -> None:
    """Never sent as a schema that allows {} only, or that the server answers with a 400 for each case."""
    kind, told = REFUSED[name]
    found = strict_faults(strict_schema(model_of(kind)))
    assert any(told in one.message and one.help for one in found), found


def test_b22_a_schema_of_5001_properties_is_refused() -> None:
    """The limit of the guide."""
    wide = type("Wide", (BaseModel,), {"__annotations__": {f"f{n}": int for n in range(5001)}})
    assert "5,001 properties" in strict_faults(strict_schema(wide))[0].message


# Where the SDK's own converter is known to make what the server refuses: oneOf, formats and keywords beyond the
# guide, types that are missing, lookaround, an object that stays open, an endless copy.
SDK_IS_WRONG = frozenset(
    {
        "literal with none",
        "discriminated", "list of discriminated", "mixed literal", "tuple", "mixed tuple", "named tuple", "url", "any url",
        "path", "bytes", "secret", "json", "constr", "decimal", "bounded decimal", "set", "frozen set", "open model",
        "described recursive", "examples", "title and default", "recursive",
    }
)  # fmt: skip


@pytest.mark.parametrize("name", sorted(MODELS.keys() - SDK_IS_WRONG))
def test_b22_equal_to_the_converter_of_the_sdk(name: str) -> None:
    """But for titles, which say nothing that the name does not, and null defaults."""
    assert strict_schema(MODELS[name]) == bare(to_strict_json_schema(MODELS[name]))


def bare(node: Any) -> Any:
    if isinstance(node, list):
        return [bare(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: bare(value)
        for key, value in node.items()
        if key not in ("default",) and not is_title(key, value)
    }


def is_title(key: str, value: Any) -> bool:
    return key == "title" and isinstance(value, str)


def test_b22_constraints_that_servers_do_not_know_are_told_in_words() -> None:
    """The reply is still held to them."""
    model = model_of(constr(min_length=2), Field(description="A name."))
    assert strict_schema(model)["properties"]["x"] == {
        "type": "string",
        "description": "A name.\nminLength: 2",
    }
    prompt = Prompt(inputs=Inner, output=model, messages=[user("{{ x }}")])
    assert prompt.parse('{"x": "a"}').outcome == "invalid"


def test_b22_check_names_the_field_at_its_line(write_prompt: Callable[..., Prompt]) -> None:
    """A parameter that no model takes is told there too, with the nearest name."""
    head = "from pydantic import BaseModel\nfrom prompteval import Prompt, user\n"
    body = (
        "class I(BaseModel):\n    m: str\n"
        "prompt = Prompt(inputs=I, output=str, messages=[user('{{ m }}')],\n    params={'max_tokens': 5})\n"
    )
    found = write_prompt(body, head=head).check()
    assert [str(problem) for problem in found] == [
        "prompts/p/v1.py:6:13 PE334 params: unknown parameter 'max_tokens' (did you mean 'max_output_tokens'?)"
    ]
