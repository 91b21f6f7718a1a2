"""Replies of the Gemini API, whole and as events, written from its reference."""

import json
from typing import Any

import pytest

from prompteval.core.errors import ProviderError
from prompteval.core.request import Message, Request, Response
from prompteval.providers.gemini import create
from prompteval.testing.conformance import check_provider
from tests.hostile import Hostile, Made, chunk, says, whole
from tests.providers.native.oracle import KEY, TOOL, replied, use

ASK = Request("gemini/m", (Message("user", "go"),))
USAGE = {
    "promptTokenCount": 30,
    "cachedContentTokenCount": 20,
    "candidatesTokenCount": 6,
    "thoughtsTokenCount": 5,
    "totalTokenCount": 41,
}
CALL = {"functionCall": {"id": "f1", "name": "weather", "args": {"city": "Köln"}}, "thoughtSignature": "c2ln"}
both = pytest.mark.parametrize("stream", [False, True])


def reply(*parts: Any, reason: str | None = "STOP", **more: Any) -> dict[str, Any]:
    candidate = {"content": {"role": "model", "parts": list(parts)}, "index": 0, **more}
    ended = {"finishReason": reason} if reason else {}
    return {
        "candidates": [{**candidate, **ended}],
        "usageMetadata": USAGE,
        "modelVersion": "gemini-x-001",
        "responseId": "r1",
    }


def streamed(*chunks: dict[str, Any]) -> Made:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"".join(chunk(f"data: {json.dumps(one)}\r\n\r\n".encode()) for one in chunks)
    return lambda asked: [head, body, b"0\r\n\r\n"]


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_KEY", KEY)


def read(
    parts: list[Any], stream: bool, request: Request = ASK, reason: str = "STOP", **more: Any
) -> Response:
    """The reply of these parts: in one body, or a part an event."""
    if not stream:
        return replied(create, request, says(reply(*parts, reason=reason, **more), "Connection: close"))
    begun = [reply(part, reason=None) for part in parts]
    return replied(create, request, streamed(*begun, reply(reason=reason, **more)), stream=True)


@both
def test_a_text_and_what_it_took(stream: bool) -> None:
    """Thoughts are no part of it, and are among the tokens that were written."""
    found = read([{"text": "hm", "thought": True}, {"text": "Be"}, {"text": "cause"}], stream)
    assert (found.text, found.finish, found.model_reported) == ("Because", "stop", "gemini-x-001")
    usage = found.usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens, usage.reasoning_tokens) == (
        30,
        20,
        11,
        5,
    )
    assert found.details["request_id"] == "r1" and ("first_token_ms" in found.details) == stream


@both
def test_calls_come_with_their_signatures(stream: bool) -> None:
    """By the place of the call among them."""
    found = read([{"text": "Look."}, CALL], stream, Request("m", ASK.messages, tools=(TOOL,)))
    assert [(c.id, c.name, c.read()) for c in found.tool_calls] == [("f1", "weather", {"city": "Köln"})]
    assert (found.finish, [(t.id, t.encrypted) for t in found.thoughts]) == ("tool_calls", [("0", "c2ln")])


@both
def test_log_probabilities_of_the_chosen_tokens(stream: bool) -> None:
    """One a token."""
    chosen = {
        "chosenCandidates": [{"token": "B", "logProbability": -0.5}, {"token": "e", "logProbability": -0.25}]
    }
    assert read([{"text": "Be"}], stream, logprobsResult=chosen).logprobs == (-0.5, -0.25)


@both
@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("SPII", "content_filter"),
        ("SOME_NEW_REASON", "unknown"),
    ],
)
def test_finish_reasons(reason: str, finish: str, stream: bool) -> None:
    """Each is how a reply ended, a new one is unknown."""
    assert read([{"text": "x"}], stream, reason=reason).finish == finish


@both
def test_a_blocked_prompt_is_filtered(stream: bool) -> None:
    """No candidate, and why: an outcome, not an error."""
    body = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 3}}
    found = replied(create, ASK, streamed(body) if stream else says(body, "Connection: close"), stream=stream)
    assert (found.finish, found.reason, found.text) == ("content_filter", "PROHIBITED_CONTENT", "")


@both
@pytest.mark.parametrize("parts", [[], [{"text": ""}]])
def test_what_is_nothing_is_tried_again(parts: list[Any], stream: bool) -> None:
    """A malformed call, and a reply without parts."""
    with pytest.raises(ProviderError) as raised:
        read(parts, stream, reason="MALFORMED_FUNCTION_CALL")
    assert (raised.value.kind, raised.value.retryable) == ("bad_response", True)


@both
def test_a_reply_that_was_broken_off_for_no_known_reason_is_no_answer(stream: bool) -> None:
    """Its text is what was written so far."""
    with pytest.raises(ProviderError, match="broke the reply off: OTHER"):
        read([{"text": "Be"}], stream, reason="OTHER")


@pytest.mark.parametrize(
    ("status", "error", "kind", "wait"),
    [
        ("400 Bad Request", {"status": "INVALID_ARGUMENT"}, "bad_request", None),
        ("400 Bad Request", {"status": "INVALID_ARGUMENT", "details": [{"reason": "API_KEY_INVALID"}]}, "auth", None),
        ("403 Forbidden", {"status": "PERMISSION_DENIED"}, "auth", None),
        ("404 Not Found", {"status": "NOT_FOUND"}, "not_found", None),
        ("429 Too Many", {"status": "RESOURCE_EXHAUSTED", "details": [{"retryDelay": "17.5s"}]}, "rate_limit", 17.5),
        ("429 Too Many", {"status": "RESOURCE_EXHAUSTED", "details": [{"violations": [{"quotaId": "GenerateRequestsPerDayPerProject"}]}]}, "quota", None),
        ("503 Unavailable", {"status": "UNAVAILABLE"}, "server", None),
    ],
)  # fmt: skip
def test_statuses(status: str, error: dict[str, Any], kind: str, wait: float | None) -> None:
    """By google.rpc.Status and its details; the server's words are kept."""
    body = json.dumps({"error": {"code": int(status[:3]), "message": "said so", **error}}).encode()
    with pytest.raises(ProviderError, match=f"{error['status']}.*: said so") as raised:
        replied(create, ASK, lambda asked: whole(body, status=status))
    assert (raised.value.kind, raised.value.retry_after_s) == (kind, wait)


def test_overload_in_the_middle_of_a_stream_may_pass() -> None:
    """A chunk that is an error; and a stream that just ends is one too."""
    error = {"error": {"code": 503, "message": "later", "status": "UNAVAILABLE"}}
    with pytest.raises(ProviderError, match="UNAVAILABLE: later") as raised:
        replied(create, ASK, streamed(reply({"text": "Be"}, reason=None), error), stream=True)
    assert raised.value.retryable and raised.value.possibly_billed
    with pytest.raises(ProviderError, match="ended before the answer did"):
        replied(create, ASK, streamed(reply({"text": "Be"}, reason=None)), stream=True)


@both
def test_it_keeps_the_promises_of_a_provider(stream: bool) -> None:
    """An answer, an error, and a line that is cut."""
    answer = streamed(reply({"text": "x"})) if stream else says(reply({"text": "x"}), "Connection: close")
    found = []
    for made in (answer, says({"error": {}}, status="500 Oops"), lambda asked: []):
        with Hostile(made) as server:
            found.append(use(create, server, lambda model: check_provider(model, ASK), stream=stream))
    assert [type(one) for one in found] == [Response, ProviderError, ProviderError]
