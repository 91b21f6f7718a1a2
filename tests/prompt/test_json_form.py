"""What a model hides from its JSON decides all the same whether two of its values are equal (B21)."""

import json
from decimal import Decimal
from typing import Annotated, Any

import pytest
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    Json,
    PlainSerializer,
    RootModel,
    SecretStr,
    field_serializer,
    model_serializer,
)
from pydantic.alias_generators import to_camel

from prompteval import Prompt, user
from prompteval.cases.record import to_case
from prompteval.plan.targets.prompt import case_validator, typed_record


class Inputs(BaseModel):
    q: str


class Hidden(BaseModel):
    x: int = Field(exclude=True)


class HiddenIf(BaseModel):
    x: int = Field(exclude_if=lambda value: value > 0)


class Holder(BaseModel):
    x: list[Hidden]


class Masked(BaseModel):
    x: str

    @field_serializer("x")
    def mask(self, value: str) -> str:
        return "****"


class AllMasked(BaseModel):
    x: str

    @field_serializer("*")
    def mask(self, value: str) -> str:
        return "****"


class Whole(BaseModel):
    x: Decimal

    @model_serializer
    def whole(self) -> str:
        return "one"


class Rounded(BaseModel):
    x: Annotated[float, PlainSerializer(round)]


class Packed(BaseModel):
    x: Json[list[int]]


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class ByAlias(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, serialize_by_alias=True)

    long_name: int = Field(exclude=True)
    other_name: SecretStr


class Root(RootModel[list[Masked]]):
    pass


def prompt(output: Any) -> Prompt:
    return Prompt(inputs=Inputs, output=output, messages=[user("{{ q }}")])


def expected(output: Any, value: object) -> Any:
    """The expected value of a case with nothing wrong in it."""
    one = prompt(output)
    raw = {"id": "a", "inputs": {"q": "x"}, "expected": value}
    case, wrong = to_case(raw, 1, case_validator(one), typed=typed_record(one))
    assert case is not None and wrong == []
    return case.expected


@pytest.mark.parametrize(
    ("kind", "value", "other"),
    [
        (Hidden, {"x": 1}, {"x": 2}),
        (HiddenIf, {"x": 1}, {"x": 2}),
        (Holder, {"x": [{"x": 1}]}, {"x": [{"x": 2}]}),
        (Masked, {"x": "a"}, {"x": "b"}),
        (AllMasked, {"x": "a"}, {"x": "b"}),
        (Whole, {"x": "1.50"}, {"x": "1.51"}),
        (Rounded, {"x": 1.2}, {"x": 1.3}),
        (Packed, {"x": "[1, 2]"}, {"x": "[1, 3]"}),
        (Open, {"x": 1}, {"x": 2}),
        (ByAlias, {"longName": 1, "otherName": "a"}, {"longName": 2, "otherName": "a"}),
        (Root, [{"x": "a"}], [{"x": "b"}]),
    ],
)
def test_b21_what_is_hidden_from_json_is_compared(kind: Any, value: Any, other: Any) -> None:
    """The same answer is equal, another is not, and no case is refused for the form its value is kept in."""
    outputs = [prompt(kind).parse(json.dumps(one)).output for one in (value, other)]
    assert expected(kind, value) == outputs[0] != outputs[1]


def test_b21_a_part_of_what_is_hidden_may_be_expected() -> None:
    """What was not given is not expected, hidden or not."""
    assert expected(ByAlias, {"longName": 1}) == {"long_name": 1}
    assert expected(ByAlias, {"other_name": "a"}) == {"other_name": "a"}


def test_s20_what_others_are_given_hides_what_the_type_hides() -> None:
    """A service and a log write an output as the type itself does."""
    parsed = prompt(ByAlias).parse('{"longName": 1, "otherName": "a"}')
    assert parsed.public(by_alias=True) == {"otherName": "**********"}
    assert parsed.public(by_alias=False) == {"other_name": "**********"}
    assert prompt(Masked).parse('{"x": "a"}').public(by_alias=True) == {"x": "****"}


def test_b21_unknown_fields_are_for_models_that_allow_them() -> None:
    """Only a model that says so takes what it does not declare."""
    assert prompt(Open).parse('{"z": 1}').output == {"z": 1}
    assert prompt(Packed).parse('{"x": "[]", "z": 1}').outcome == "invalid"
