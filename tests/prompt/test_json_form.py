"""Outputs are compared, stored and given to others as their type writes them (B21, S20)."""

import json
from typing import Annotated, Any

import pytest
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    Json,
    PlainSerializer,
    PlainValidator,
    SecretStr,
    SerializerFunctionWrapHandler,
    WithJsonSchema,
    computed_field,
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


class Shown(BaseModel):
    x: int


class Secret(BaseModel):
    x: SecretStr


class Third:
    def __init__(self, text: str) -> None:
        self.text = text


class Foreign(BaseModel):
    """A field of a type that pydantic does not know, as its documentation writes one."""

    x: Annotated[
        Third,
        PlainValidator(lambda text: Third(str(text))),
        PlainSerializer(lambda third: third.text),
        WithJsonSchema({"type": "string"}),
    ]


class Totalled(BaseModel):
    x: int

    @computed_field
    def double(self) -> int:
        return 2 * self.x

    @model_serializer(mode="wrap")
    def with_unit(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {**write(self), "unit": "EUR"}


class OpenHolder(BaseModel):
    model_config = ConfigDict(extra="allow")

    x: Shown


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
        (Shown, {"x": 1}, {"x": 2}),
        (Secret, {"x": "a"}, {"x": "b"}),
        (Rounded, {"x": 1.2}, {"x": 1.7}),
        (Packed, {"x": "[1, 2]"}, {"x": "[1, 3]"}),
        (Open, {"x": 1}, {"x": 2}),
        (Foreign, {"x": "a"}, {"x": "b"}),
        (Totalled, {"x": 1}, {"x": 2}),
    ],
)
def test_b21_equal_answers_are_equal_as_their_type_writes_them(kind: Any, value: Any, other: Any) -> None:
    """The same answer is equal, another is not, and no case is refused for the form its value is kept in."""
    outputs = [prompt(kind).parse(json.dumps(one)).output for one in (value, other)]
    wanted = expected(kind, value)
    assert outputs[0] != outputs[1] and {**outputs[0], **wanted} == outputs[0]  # type: ignore[dict-item]


def test_b21_what_a_serializer_adds_stays_in_the_output() -> None:
    """Computed fields, and keys that only the model's own serializer writes."""
    assert prompt(Totalled).parse('{"x": 1}').output == {"x": 1, "double": 2, "unit": "EUR"}


@pytest.mark.parametrize(
    ("kind", "value", "place"),
    [
        (Hidden, {"x": 1}, ("x",)),
        (HiddenIf, {"x": 1}, ("x",)),
        (Holder, {"x": [{"x": 1}]}, ("x", 0, "x")),
        (ByAlias, {"longName": 1, "otherName": "a"}, ("long_name",)),
    ],
)
def test_b21_what_outputs_leave_out_cannot_be_expected(kind: Any, value: Any, place: Any) -> None:
    """Every answer would be as right as the other; what was not given is no problem."""
    ((found, message, help),) = prompt(kind).expected_errors(value)
    assert found == place and "leave" in message and "exclude" in help
    assert "x" not in prompt(Hidden).parse('{"x": 1}').output  # type: ignore[operator]
    assert prompt(HiddenIf).expected_errors({"x": -1}) == []


def test_s20_what_others_are_given_masks_secrets() -> None:
    """A service answers as the type writes, a log has the form of stored outputs; neither has a secret."""
    parsed = prompt(ByAlias).parse('{"longName": 1, "otherName": "a"}')
    assert parsed.answer == parsed.logged == {"otherName": "**********"}
    rounded = prompt(Rounded).parse('{"x": 1.2}')
    assert rounded.answer == rounded.logged == rounded.output == {"x": 1}


def test_b21_unknown_fields_are_for_models_that_allow_them() -> None:
    """Only a model that says so takes what it does not declare."""
    assert prompt(Open).parse('{"z": 1}').output == {"z": 1}
    assert prompt(Packed).parse('{"x": "[]", "z": 1}').outcome == "invalid"
    assert prompt(OpenHolder).parse('{"x": {"x": 1}, "z": 1}').output == {"x": {"x": 1}, "z": 1}
    assert prompt(OpenHolder).parse('{"x": {"x": 1, "y": 1}, "z": 1}').outcome == "invalid"
