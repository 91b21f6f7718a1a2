"""The prediction log's line: one form, read back as it was, each field held to its type."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.prediction import (
    Feedback,
    LogRecord,
    Prediction,
    record_as_json,
    record_line,
    record_of_line,
)
from prompteval.core.request import Usage

FULL = Prediction(
    time=1_800_000_000.125, request_id="r1", prompt="route@v2", fingerprint="sha256:0", model="local/minilm",
    outcome="ok", latency_ms=12.5, output={"intent": "billing"}, inputs={"message": "a\nb\u2028 \ud800"},
    features={"message": {"length": 4}}, error="timeout", alias="production", trace_id="0af7", confidence=0.5,
    first_token_ms=3.0, first_answer_ms=4.0, usage=Usage(5, 2), tags={"region": "eu"},
)  # fmt: skip
BARE = Prediction(1.0, "r2", "route@v1", "sha256:1", "m", "error", 0.0)
SAID = Feedback("r1", "billing", comment="was wrong", time=2.0)


@pytest.mark.parametrize("record", [FULL, BARE, SAID, Feedback("r", score=0.0)])
def test_a_record_is_one_line_and_comes_back_as_it_was(record: LogRecord) -> None:
    """A new line in a text is an escape; lone surrogates survive."""
    line = record_line(record)
    assert line.isascii() and "\n" not in line
    assert record_of_line(line.encode()) == record


def test_what_is_empty_is_not_written() -> None:
    """A log of millions of lines has no nulls."""
    needed = {"schema", "time", "request_id", "prompt", "fingerprint", "model", "outcome", "latency_ms"}
    assert set(record_as_json(BARE)) == needed
    assert set(record_as_json(Feedback("r", score=0.0))) == {"feedback", "request_id", "score"}


@pytest.mark.parametrize("name", sorted(record_as_json(FULL)))
@pytest.mark.parametrize("value", [[], True, -1, int("9" * 400), [None], {"a": 1}, "x"])
def test_a_field_of_a_wrong_type_is_a_value_error(name: str, value: Any) -> None:
    """Refused, or a value that the field may have."""
    body = {**record_as_json(FULL), name: value}
    try:
        found = record_of_line(json.dumps(body))
    except ValueError as error:
        assert str(error)
    else:
        assert record_of_line(record_line(found)) == found


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[]", "not an object"),
        ("{", "Expecting"),
        ('{"feedback": true, "request_id": "r"}', "one of label and score"),
        ('{"feedback": true, "request_id": "r", "label": "a", "score": 1}', "one of label and score"),
        ('{"feedback": true, "request_id": "r", "lable": "a"}', "did you mean 'label'"),
        ('{"tmie": 1}', "did you mean 'time'"),
        ('{"schema": "prompteval/prediction@2"}', "prompteval/prediction@1 is read"),
        (record_line(BARE).replace("1970", "never"), "time must be a time with its zone"),
        (record_line(BARE).replace("Z", ""), "with its zone"),
    ],
)
def test_a_line_that_is_no_record_says_why(line: str, reason: str) -> None:
    """A sentence that a person can act on."""
    with pytest.raises(ValueError, match=reason):
        record_of_line(line)


@given(st.text(), st.floats(0, 4e9), st.dictionaries(st.text(min_size=1), st.integers() | st.text()))
def test_any_text_is_a_line(text: str, seconds: float, inputs: dict[str, Any]) -> None:
    """Times are kept to the millisecond, texts exactly."""
    record = Prediction(seconds, "r", "p@v1", "f", "m", "ok", 1.0, output=text, inputs=inputs)
    found = record_of_line(record_line(record))
    assert isinstance(found, Prediction)
    assert (found.output, found.inputs) == (text, inputs)
    assert abs(found.time - seconds) < 0.0011
