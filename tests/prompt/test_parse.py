"""Raw replies to typed outputs."""

import json
from enum import Enum
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, create_model

from prompteval.prompt.messages import labels, user
from prompteval.prompt.parse import parse_model
from prompteval.prompt.prompt import Prompt


class Inputs(BaseModel):
    m: str


class Output(BaseModel):
    intent: Literal["a", "b"] = labels(a="First.", b="Second.")
    score: float = 0.5


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


def prompt(output: object) -> Prompt:
    return Prompt(inputs=Inputs, output=output, messages=[user("{{ m }}")])


@pytest.mark.parametrize(
    "text",
    [
        '{"intent": "a"}', ' \n{"intent": "a"}\n', '```json\n{"intent": "a"}\n```', 'Sure:\n```\n{"intent": "a"}\n```',
        '\ufeff{"intent": "a"}',
    ],
)  # fmt: skip
def test_json_is_found_bare_or_in_a_fence(text: str) -> None:
    """White space and one code fence are forgiven."""
    assert prompt(Output).parse(text).output == {"intent": "a", "score": 0.5}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "json"), ("a", "json"), ('{"intent": "c"}', "schema"), ('{"intent": "a", "x": 1}', "schema"),
        ('{"intent": "a", "score": NaN}', "json"), ('{"intent": "a", "score": 1e999}', "json"),
        ("[" * 100_000, "json"), ("[" * 200 + "]" * 200, "json"), ("{}", "schema"), ('{"intent"', "json"),
    ],
)  # fmt: skip
def test_what_is_no_output_is_invalid_with_a_reason(text: str, kind: str) -> None:
    """Never a default, never an exception."""
    parsed = prompt(Output).parse(text)
    assert parsed.outcome == "invalid"
    assert parsed.failure is not None
    assert (parsed.failure.type, bool(parsed.failure.message)) == (kind, True)


@pytest.mark.parametrize(("text", "label"), [("red", "red"), (' "Red". ', "red"), ("BLUE\n", "blue")])
def test_bare_labels_are_trimmed(text: str, label: str) -> None:
    """A label in quotes, with a full stop or in capitals is that label."""
    assert prompt(Colour).parse(text).output == label
    assert prompt(Literal["red", "blue"]).parse(text).output == label


def test_case_counts_where_labels_differ_only_by_it() -> None:
    """`Us` and `US` are told apart or refused, never guessed."""
    choices = prompt(Literal["us", "US"])
    assert choices.parse("US").output == "US"
    assert choices.parse("Us").outcome == "invalid"


@given(st.text())
def test_plain_text_is_kept_as_it_is(text: str) -> None:
    """A str output is the reply itself."""
    assert prompt(str).parse(text).output == text


@given(st.text())
def test_parsing_never_raises(text: str) -> None:
    """Any text is a value or an invalid outcome."""
    assert prompt(Output).parse(text).outcome in ("ok", "invalid")


@given(st.sampled_from(["a", "b"]), st.floats(allow_nan=False, allow_infinity=False))
def test_a_valid_output_reads_back(intent: str, score: float) -> None:
    """What meets the schema comes out unchanged."""
    assert prompt(Output).parse(json.dumps({"intent": intent, "score": score})).output == {
        "intent": intent,
        "score": score,
    }


def test_strict_schema_requires_everything_and_allows_nothing_else() -> None:
    """Nested objects too; label descriptions travel, titles and defaults do not."""

    class Inner(BaseModel):
        x: int = 1

    class Outer(BaseModel):
        inner: Inner
        items: list[Inner]
        intent: Literal["a", "b"] = labels(a="First.", b="Second.")

    schema = prompt(Outer).schema
    assert schema is not None
    assert schema["required"] == ["inner", "items", "intent"]
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["Inner"] == {
        "additionalProperties": False, "properties": {"x": {"type": "integer"}}, "required": ["x"], "type": "object",
    }  # fmt: skip
    assert schema["properties"]["intent"]["description"] == "a: First.\nb: Second."
    assert "title" not in json.dumps(schema)


@pytest.mark.parametrize(
    "value", ['"inf"', '"nan"', '"Infinity"', "1e999", "NaN", "9" * 400, '"' + "9" * 400 + '"']
)
def test_f38_a_number_that_no_float_holds_is_invalid(value: str) -> None:
    """What pydantic takes for a float and JSON does not is this case's invalid output, and can be stored."""

    class Output(BaseModel):
        x: float

    parsed = prompt(Output).parse(f'{{"x": {value}}}')
    assert parsed.outcome == "invalid" and parsed.failure is not None


class Code(BaseModel):
    code: str


CODE = json.dumps({"code": "```python\nx = 1\n```\n"})


@pytest.mark.parametrize(
    "reply",
    [
        f"```json\n{CODE}\n```", f"```json\r\n{CODE}\r\n```\r\n", CODE, f"Here:\n```\n{CODE}\n```\nDone.",
        f"```json\n{CODE}", f"<think>\nA ```json\n{{}}\n``` first?\n</think>\n```json\n{CODE}\n```",
        f"thoughts without an opening mark\n</think>\n\n{CODE}", f"[THINK]hm[/THINK]{CODE}",
        f"<think>a</think>\n<think>b</think>{CODE}", f"<seed:think>hm</seed:think>{CODE}",
        f"<thinking>so</thinking>\n{CODE}", f"<THINK>x</THINK> {CODE}",
        f"<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>{CODE}<|return|>",
    ],
)  # fmt: skip
def test_json_ends_where_its_value_ends(reply: str) -> None:
    """Fences inside its texts, CRLF, a fence that the end closes, and thoughts before it do not matter."""
    assert prompt(Code).parse(reply).output == json.loads(CODE)


@pytest.mark.parametrize("output", [str, Code, Literal["a", "b"]])
def test_thoughts_without_an_end_are_no_answer(output: object) -> None:
    """The reply was cut, or the model never came to an answer."""
    parsed = prompt(output).parse("<think>\nLet me see. a")
    assert parsed.outcome == "invalid" and parsed.failure is not None
    assert parsed.failure.type == "reasoning"


def test_two_fences_of_json_are_not_chosen_between() -> None:
    """A guess would be scored as the model's answer."""
    assert prompt(Code).parse(f"```json\n{CODE}\n```\nor\n```json\n{CODE}\n```").outcome == "invalid"


def test_plain_text_after_thoughts_is_the_answer() -> None:
    """What a reasoning parser of a server would have taken out; a tag that was asked for stays."""
    assert prompt(str).parse("<think>\nx\n</think>\n\nParis").output == "Paris"
    asked = "<thinking>x</thinking><answer>Paris</answer>"
    assert prompt(str).parse(asked).output == asked


def test_what_a_million_wrong_values_cost_is_bounded() -> None:
    """They are counted; an account of each would take half a gigabyte."""
    found = parse_model(json.dumps({"items": [0] * 100_000}), create_model("Many", items=(list[str], ...)))
    assert found.failure is not None and found.failure.message == "output: 100,000 values are wrong"
