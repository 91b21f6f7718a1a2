"""What servers say of a prompt that a filter stopped: an outcome of its case, and never an error of the model."""

import json
from typing import Any

import pytest

from prompteval.core.errors import ProviderError
from prompteval.providers.openai.filters import says_filtered
from tests.providers.test_ugly_answers import STREAM, ask

FLAGGED = {"code": 403, "message": "Flagged.", "metadata": {"reasons": ["hate"], "flagged_input": "x"}}
BY_POLICY = "Invalid prompt: your prompt was flagged as potentially violating our usage policy."
ERRORS: list[tuple[int, dict[str, Any]]] = [
    (400, {"error": {"message": "Flagged.", "code": "content_filter"}}),
    (400, {"error": {"code": "400", "message": "x", "innererror": {"code": "ResponsibleAIPolicyViolation"}}}),
    (400, {"error": {"code": "DataInspectionFailed", "message": "Input data may contain it."}}),
    (400, {"error": {"code": "invalid_request_error", "message": "Content Exists Risk"}}),
    (400, {"error": {"code": "invalid_prompt", "message": BY_POLICY}}),
    (400, {"error": {"code": "400", "message": "litellm.ContentPolicyViolationError: no"}}),
    (400, {"error": {"code": "1301", "message": "不安全"}, "contentFilter": [{"level": 1}]}),
    (403, {"error": FLAGGED}),
    (403, {"code": "no permission", "error": "Content violates usage guidelines."}),
    (
        400,
        {"error": {"type": "invalid_request_error", "message": "Output blocked by content filtering policy"}},
    ),
    (400, {"error": {"message": "Provider returned error", "metadata": {"raw": "Content Exists Risk"}}}),
]


def answered(status: int, body: dict[str, Any]) -> bytes:
    data = json.dumps(body).encode()
    head = f"HTTP/1.1 {status} No\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
    return head.encode() + data


@pytest.mark.parametrize(("status", "body"), ERRORS)
@pytest.mark.parametrize("stream", [False, True])
def test_a_status_of_a_filter_is_an_outcome(status: int, body: dict[str, Any], stream: bool) -> None:
    """A 403 too, which would else be a refused key and end the run."""
    found = ask([answered(status, body)], stream=stream)
    assert (found.finish, found.text) == ("content_filter", "") and found.reason


@pytest.mark.parametrize("kind", ["openai", "anthropic", "gemini"])
def test_each_api_tells_a_filter_from_a_wrong_request(kind: str) -> None:
    """By its words, where the code is that of any wrong request."""
    said = {"type": "invalid_request_error", "message": "Output blocked by content filtering policy"}
    assert ask([answered(400, {"type": "error", "error": said})], kind).finish == "content_filter"
    with pytest.raises(ProviderError, match="400") as raised:
        ask([answered(400, {"error": {**said, "message": "unknown field 'filter'"}})], kind)
    assert raised.value.kind == "bad_request"


@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize(
    "error", [{"code": "content_filter", "message": "No."}, FLAGGED], ids=["code", "flag"]
)
def test_an_error_inside_an_answer_or_a_stream_is_one_too(api: str, error: dict[str, Any]) -> None:
    """In a body of status 200, and between the events of a stream."""
    body, event = {"error": error, "status": "failed"}, json.dumps({"type": "error", "error": error}).encode()
    assert ask([answered(200, body)], api=api).finish == "content_filter"
    assert ask([STREAM, b"data: " + event + b"\n\n"], api=api, stream=True).finish == "content_filter"


@pytest.mark.parametrize(
    ("finish", "found"),
    [("content_filter: PROHIBITED_CONTENT", "content_filter"), ("sensitive", "content_filter"), ("refusal", "refusal")],
)  # fmt: skip
def test_an_empty_answer_that_was_withheld_says_so(finish: str, found: str) -> None:
    """In the words of compatible servers."""
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": None}}
    assert ask([answered(200, {"choices": [choice]})]).finish == found


def test_another_status_is_never_that_of_a_filter() -> None:
    """A server that is down may say anything."""
    assert not says_filtered(500, "content_filter", "content exists risk")
    assert not says_filtered(401, "content_filter", "")
