"""What a refusal says: the place and the fix, and nothing of what was sent."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, field_validator

from prompteval.core.errors import OutputError, ProviderError
from prompteval.prompt.messages import user
from prompteval.prompt.prompt import Prompt
from prompteval.prompt.schema import json_schema
from prompteval.serve.problems import MOST_ERRORS, Refusal, of_inputs, of_outcome, of_provider
from prompteval.serve.served import _names


class Part(BaseModel):
    name: str = Field(pattern="^[a-z]+$")
    count: int = Field(ge=0)


class Inputs(BaseModel):
    message: str = Field(max_length=5)
    parts: list[Part] = []
    by_key: dict[str, Part] = {}

    @field_validator("message")
    @classmethod
    def loud(cls, value: str) -> str:
        """A validator of the team's own that quotes what it saw."""
        if value.isupper():
            raise ValueError(f"{value} is shouted")
        return value


PROMPT = Prompt(inputs=Inputs, output=str, messages=[user("{{ message }} {{ parts }} {{ by_key }}")])
DECLARED = frozenset(_names(json_schema(Inputs)))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(min_size=6, alphabet="XYZ0123456789-'\"\\é\n"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet="XYZ-", min_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)


def _texts(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        return {key for key in value if key not in DECLARED} | set().union(*map(_texts, value.values()))
    return set().union(*map(_texts, value)) if isinstance(value, list) else set()


@given(st.fixed_dictionaries({}, optional=dict.fromkeys((*sorted(DECLARED), "ABCDEF"), VALUES)))
def test_b18_no_value_of_a_request_is_in_its_refusal(inputs: dict[str, Any]) -> None:
    """Of any type, at any depth, as a key too, also where a validator quotes it."""
    errors = PROMPT.input_errors(inputs)
    if errors:
        body = json.loads(of_inputs(errors, inputs, DECLARED).body("id"))
        text = " ".join(f"{one['field']} {one['message']}" for one in body["errors"])
        assert not [value for value in _texts(inputs) if value in text]


def test_places_are_named_by_what_the_prompt_declares() -> None:
    """Fields and numbers of a list, not the keys that somebody chose."""
    inputs = {
        "message": "LOUD",
        "parts": [{"name": "a", "count": 1}, {"name": "B", "count": -1}],
        "by_key": {"zebra": {}},
    }
    errors = of_inputs(PROMPT.input_errors(inputs), inputs, DECLARED).errors
    assert {one["field"] for one in errors} == {
        "message", "parts.1.name", "parts.1.count", "by_key.….name", "by_key.….count",
    }  # fmt: skip
    assert "is shouted" in next(one["message"] for one in errors if one["field"] == "message")


def test_a_refusal_names_so_many_problems_and_no_more() -> None:
    """A body of a thousand mistakes gets an answer of a bounded size."""
    inputs = {"message": "a", "parts": [{"name": "A", "count": -1}] * 1_000}
    refusal = of_inputs(PROMPT.input_errors(inputs), inputs, DECLARED)
    assert len(refusal.errors) == MOST_ERRORS and len(refusal.body("id")) < 20_000


@pytest.mark.parametrize(
    ("refusal", "status", "retry"),
    [
        (of_provider(ProviderError("timeout", "x")), 504, None),
        (of_provider(ProviderError("rate_limit", "x", retry_after_s=2.6)), 503, 3),
        (of_provider(ProviderError("connection", "x", retryable=True)), 503, 1),
        (of_provider(ProviderError("auth", "key sk-secret is wrong")), 503, None),
        (of_provider(OutputError("quota", "x")), 503, None),
        (of_outcome("refused", "refused"), 422, None),
        (of_outcome("invalid", "schema"), 503, 1),
    ],
)
def test_each_failure_of_a_call_has_its_status(refusal: Refusal, status: int, retry: int | None) -> None:
    """The model's own words are for the log, not for the caller."""
    assert (refusal.status, refusal.retry_after_s) == (status, retry)
    assert b"sk-secret" not in refusal.body("id")
