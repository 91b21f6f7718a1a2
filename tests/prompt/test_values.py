"""Expected values and answers as values of the declared type (B21)."""

import datetime as dt
import enum
import ipaddress
from decimal import Decimal
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, HttpUrl, RootModel, SecretStr, computed_field, field_validator
from pydantic.alias_generators import to_camel

from prompteval import Prompt, user
from prompteval.core.case import Case, Cell
from prompteval.core.observation import Observation
from prompteval.scoring.text import Exact


class Inputs(BaseModel):
    q: str


class Rank(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Address(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)

    zip_code: str
    note: str | None = None


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)

    day: dt.date
    n: int


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    price: float
    count: int

    @computed_field
    @property
    def total(self) -> float:
        return self.price * self.count


class Lower(BaseModel):
    word: str
    other: int

    @field_validator("word")
    @classmethod
    def lower(cls, value: str) -> str:
        return value.lower()


class Days(RootModel[list[dt.date]]):
    pass


def prompt(output: Any) -> Prompt:
    return Prompt(inputs=Inputs, output=output, messages=[user("{{ q }}")])


def scored(output: Any, expected: Any, reply: str) -> float | None:
    """The exact score of a reply against what a case expects."""
    one = prompt(output)
    assert one.expected_errors(expected) == []
    case = Case("a", {"q": "x"}, one.case_expected(expected))
    parsed = one.parse(reply)
    assert parsed.outcome == "ok", parsed.failure
    return Exact(name="exact").score(case, Observation("ok", output=parsed.output)).value


def one_field(kind: Any) -> type[BaseModel]:
    return type("Output", (BaseModel,), {"__annotations__": {"x": kind | None}, "x": None})


@pytest.mark.parametrize(
    ("kind", "expected", "reply"),
    [
        (dt.datetime, "2026-03-01T10:00:00+01:00", '"2026-03-01T09:00:00Z"'),
        (dt.date, "2026-03-01", '"2026-03-01"'), (dt.timedelta, 3600, '"PT1H"'),
        (Decimal, "12.50", "12.5"), (Decimal, 100, '"1E+2"'), (HttpUrl, "https://a.eu", '"https://a.eu/"'),
        (ipaddress.IPv6Address, "::1", '"0:0:0:0:0:0:0:1"'), (SecretStr, "a", '"a"'),
        (set[str], ["b", "a"], '["a","b","b"]'), (frozenset[Decimal], ["2.0", 1], '["1.00", 2]'),
        (dict[str, dt.date], {"a": "2026-03-01"}, '{"a": "2026-03-01"}'), (Rank, 2, "2"),
        (Literal[1, True, "1"], True, "true"), (tuple[int, str], [1, "a"], '[1, "a"]'), (float, 5, "5.0"),
        (list[Address], [{"zipCode": "1"}], '[{"zip_code": "1", "note": null}]'),
    ],
)  # fmt: skip
def test_b21_texts_of_one_value_are_equal(kind: Any, expected: Any, reply: str) -> None:
    """Both sides are read as JSON of the declared type, and written in one form."""
    assert scored(one_field(kind), {"x": expected}, f'{{"x": {reply}}}') == 1


@pytest.mark.parametrize(
    ("kind", "expected", "reply"),
    [
        (dt.datetime, "2026-03-01T10:00:00", '"2026-03-01T10:00:01"'), (SecretStr, "a", '"b"'),
        (Literal[1, True], 1, "true"), (Decimal, "12.5", "12.51"), (set[str], ["a"], '["a", "b"]'),
        (str, "5", '"5.0"'), (list[int], [1, 2], "[2, 1]"), (list[int], [1], "[1, 1]"),
    ],
)  # fmt: skip
def test_b21_other_values_stay_other_values(kind: Any, expected: Any, reply: str) -> None:
    """A hidden secret, a bool beside a number, the order of a list: none is taken for equal."""
    assert scored(one_field(kind), {"x": expected}, f'{{"x": {reply}}}') == 0


def test_b21_a_strict_model_reads_json_as_json() -> None:
    """Strict forbids that a text is a number, not that JSON writes a date as a text."""
    assert scored(Strict, {"day": "2026-03-01"}, '{"day": "2026-03-01", "n": 1}') == 1
    assert prompt(Strict).expected_errors({"n": "1"}) != []
    assert prompt(Strict).parse('{"day": "2026-03-01", "n": "1"}').outcome == "invalid"


def test_b21_cells_of_a_table_are_read_as_their_type() -> None:
    """Excel's TRUE and 5 are a bool and an int where the field is one, and a text where it is a text."""
    output = type("O", (BaseModel,), {"__annotations__": {"n": Literal[1, 5], "b": bool, "s": str}})
    raw = {"n": Cell("5"), "b": Cell("TRUE"), "s": Cell("5")}
    assert prompt(output).case_expected(raw) == {"n": 5, "b": True, "s": "5"}
    assert prompt(Strict).case_expected({"n": Cell("7")}) == {"n": 7}
    assert prompt(Literal[1, 5]).case_expected(Cell("5")) == 5
    assert prompt(str).case_expected(Cell("5")) == "5"
    assert prompt(Rank).expected_errors(Cell("9")) != []
    assert prompt(Strict).expected_errors(Cell('{"n": 7}')) == []
    assert "not a whole number" in prompt(Strict).expected_errors(Cell("7"))[0][1]


def test_b21_an_empty_cell_of_an_optional_input_is_no_value() -> None:
    """The default holds; a text that must be there is the empty text."""

    class In(BaseModel):
        q: str
        n: int | None = None
        must: int | None

    one = Prompt(inputs=In, output=str, messages=[user("{{ q }}{{ n }}{{ must }}")])
    found = one.case_inputs({"q": Cell(""), "n": Cell(""), "must": Cell("")})
    assert found == {"q": "", "must": None} and one.input_errors(found) == []


def test_b21_a_field_is_known_by_its_name_and_by_its_alias() -> None:
    """In cases, in replies and in the paths of scorers; the row holds the name."""
    one = prompt(Address)
    assert one.case_expected({"zipCode": "1"}) == one.case_expected({"zip_code": "1"}) == {"zip_code": "1"}
    assert one.parse('{"zipCode": "1"}').output == {"zip_code": "1", "note": None}
    assert one.output_names is not None and {"zipCode", "zip_code"} <= one.output_names
    assert prompt(one_field(list[Address])).output_path("x.0.zipCode") == "x.0.zip_code"


def test_b21_computed_fields_are_in_the_output_and_may_be_expected() -> None:
    """They are not asked of the model, and the typed value comes from the reply itself."""
    parsed = prompt(Line).parse('{"price": 2.5, "count": 2}')
    assert parsed.output == {"price": 2.5, "count": 2, "total": 5.0} and parsed.value.total == 5
    assert scored(Line, {"total": 5}, '{"price": 2.5, "count": 2}') == 1
    assert "total" not in prompt(Line).schema["properties"]  # type: ignore[index]


def test_b21_rules_of_a_field_hold_for_a_part_of_the_output() -> None:
    """A validator that changes the value changes the expected one too, though other fields are left out."""
    assert scored(Lower, {"word": "ABC"}, '{"word": "Abc", "other": 1}') == 1


def test_b21_an_output_whose_root_is_a_list() -> None:
    """Bare, or in the object that it is sent in."""
    assert scored(Days, ["2026-03-01"], '["2026-03-01"]') == scored(
        Days, ["2026-03-01"], '{"value": ["2026-03-01"]}'
    )
    assert prompt(Days).parse('["x"]').outcome == "invalid"


def test_what_stays_equal_stays_as_it_was_written() -> None:
    """So the fingerprint of cases changes only where their values do."""
    raw = {"price": 2, "count": 1}
    assert prompt(Line).case_expected(raw) is raw


@pytest.mark.parametrize(
    ("output", "reply", "value"),
    [
        (Literal["C++.", "C++"], "C++.", "C++."), (Literal["a", "b"], '"A".', "a"), (Literal[1, 5], "5.", 5),
        (Literal[True, False], "true", True), (Rank, " 2\n", 2), (Literal["'x'", "x"], "'x'", "'x'"),
        (Literal["yes", "no"], "<think>\nno?\n</think>\n\nYes", "yes"),
    ],
)  # fmt: skip
def test_a_label_is_compared_before_anything_is_stripped(output: Any, reply: str, value: Any) -> None:
    """The output is the label's own JSON value."""
    found = prompt(output).parse(reply).output
    assert found == value and type(found) is type(value)


def test_b21_cells_beside_the_output_of_a_target_without_types() -> None:
    """A recorded output is 5 or true; the cell says 5 or TRUE, and a text stays a text."""
    expected = {"n": Cell("5"), "b": Cell("TRUE"), "s": Cell("5")}
    for output, value in (({"n": 5, "b": True, "s": "5"}, 1), ({"n": 5, "b": True, "s": "5.0"}, 0)):
        case = Case("a", {}, expected)
        assert Exact(name="exact").score(case, Observation("ok", output=output)).value == value
    assert (
        Exact(name="e", field="b").score(Case("a", {}, expected), Observation("ok", output={"b": True})).value
        == 1
    )
