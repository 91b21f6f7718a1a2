"""Replies of Anthropic's Messages API, whole and as events, written from its reference."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from prompteval.core.errors import ProviderError
from prompteval.core.request import Message, Request, Response
from prompteval.providers.anthropic import create
from prompteval.providers.openai.errors import ServerLimits
from prompteval.testing.conformance import check_provider
from tests.hostile import Hostile, Made, chunk, says, whole
from tests.providers.native.oracle import KEY, SCHEMA, TOOL, replied, use

ASK = Request("anthropic/m", (Message("user", "go"),))
USAGE = {
    "input_tokens": 7, "cache_read_input_tokens": 20, "cache_creation_input_tokens": 3, "output_tokens": 11,
    "output_tokens_details": {"thinking_tokens": 5},
}  # fmt: skip
THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "sig"}
USE = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Köln"}}


def message(*content: Any, stop: str = "end_turn", **more: Any) -> dict[str, Any]:
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-5-5"}
    return {**head, "content": list(content), "stop_reason": stop, "usage": USAGE, **more}


def text(*parts: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": part} for part in parts]


def events(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of a stream that gives the same message, each text in two pieces."""
    start = {
        **body,
        "content": [],
        "stop_reason": None,
        "usage": {**USAGE, "output_tokens": 1, "output_tokens_details": None},
    }
    found: list[dict[str, Any]] = [{"type": "message_start", "message": start}, {"type": "ping"}]
    deltas: dict[str, Callable[[Any], list[dict[str, Any]]]] = {
        "text": lambda b: [{"type": "text_delta", "text": piece} for piece in (b["text"][:1], b["text"][1:])],
        "thinking": lambda b: [{"type": "thinking_delta", "thinking": b["thinking"]}, {"type": "signature_delta", "signature": b["signature"]}],
        "tool_use": lambda b: [{"type": "input_json_delta", "partial_json": piece} for piece in ("", json.dumps(b["input"])[:4], json.dumps(b["input"])[4:])],
    }  # fmt: skip
    for number, block in enumerate(body["content"]):
        kind = block["type"]
        blank = {
            "text": {"text": ""},
            "thinking": {"thinking": "", "signature": ""},
            "tool_use": {"input": {}},
        }
        found.append(
            {"type": "content_block_start", "index": number, "content_block": {**block, **blank[kind]}}
        )
        found += [
            {"type": "content_block_delta", "index": number, "delta": delta} for delta in deltas[kind](block)
        ]
        found.append({"type": "content_block_stop", "index": number})
    ended = {key: body.get(key) for key in ("stop_reason", "stop_details") if key in body}
    final = {"output_tokens": 11, "output_tokens_details": {"thinking_tokens": 5}}
    return [*found, {"type": "message_delta", "delta": ended, "usage": final}, {"type": "message_stop"}]


def streamed(found: list[dict[str, Any]]) -> Made:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"".join(chunk(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n".encode()) for e in found)
    return lambda asked: [head, body, b"0\r\n\r\n"]


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_KEY", KEY)


def read(body: dict[str, Any], request: Request, stream: bool, **keys: Any) -> Response:
    made = streamed(events(body)) if stream else says(body, "request-id: req_1", "Connection: close")
    return replied(create, request, made, stream=stream, **keys)


both = pytest.mark.parametrize("stream", [False, True])


@both
def test_a_text_and_what_it_took(stream: bool) -> None:
    """Texts joined; a prompt's tokens are fresh, read from the cache and written to it."""
    found = read(message(THOUGHT, *text("Be", "cause")), ASK, stream)
    assert (found.text, found.finish, found.model_reported) == ("Because", "stop", "claude-haiku-5-5")
    usage = found.usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens, usage.reasoning_tokens) == (
        30,
        20,
        11,
        5,
    )
    assert found.details["cache_write_tokens"] == 3
    assert ("first_token_ms" in found.details) == stream and found.thoughts == ()


@both
def test_calls_come_with_the_thoughts_that_go_back(stream: bool) -> None:
    """The input as JSON text, the thought with its signature."""
    found = read(
        message(THOUGHT, *text("Look."), USE, stop="tool_use"),
        Request("m", ASK.messages, tools=(TOOL,)),
        stream,
    )
    assert [(c.id, c.name, c.read()) for c in found.tool_calls] == [("toolu_1", "weather", {"city": "Köln"})]
    assert (found.finish, found.text) == ("tool_calls", "Look.")
    assert [(t.id, json.loads(t.encrypted)) for t in found.thoughts] == [("thinking", ["hm", "sig"])]


@both
def test_an_answer_by_a_forced_tool_is_its_input(stream: bool) -> None:
    """`structured = "tool"`: the reply has no call then."""
    block = {**USE, "name": "output", "input": {"label": "ü", "share": 1}}
    found = read(
        message(block, stop="tool_use"), Request("m", ASK.messages, schema=SCHEMA), stream, structured="tool"
    )
    assert json.loads(found.text) == {"label": "ü", "share": 1} and (found.finish, found.tool_calls) == (
        "stop",
        (),
    )


@both
@pytest.mark.parametrize(
    ("stop", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("some_new_reason", "unknown"),
    ],
)
def test_stop_reasons(stop: str, finish: str, stream: bool) -> None:
    """Each is how a reply ended, a new one is unknown."""
    assert read(message(*text("x"), stop=stop), ASK, stream).finish == finish


@both
def test_a_turn_that_was_paused_is_no_answer(stream: bool) -> None:
    """It is to be continued; its text is not the whole."""
    with pytest.raises(ProviderError, match="paused the turn"):
        read(message(*text("x"), stop="pause_turn"), ASK, stream)


@both
def test_a_refusal_says_why(stream: bool) -> None:
    """Its explanation, and no text of an answer."""
    details = {"type": "refusal", "category": "bio", "explanation": "Not this."}
    found = read(message(*text("I"), stop="refusal", stop_details=details), ASK, stream)
    assert (found.finish, found.refusal, found.text) == ("refusal", "Not this.", "")
    assert read(message(stop="refusal"), ASK, stream).refusal


@pytest.mark.parametrize(
    ("status", "kind", "code", "retryable"),
    [
        ("400 Bad Request", "bad_request", "invalid_request_error", False), ("401 Unauthorized", "auth", "authentication_error", False),
        ("402 Payment Required", "quota", "billing_error", False), ("404 Not Found", "not_found", "not_found_error", False),
        ("429 Too Many Requests", "rate_limit", "rate_limit_error", True), ("500 Oops", "server", "api_error", True),
        ("529 Overloaded", "server", "overloaded_error", True),
    ],
)  # fmt: skip
def test_statuses(status: str, kind: str, code: str, retryable: bool) -> None:
    """By the reference, "Errors"; the server's words are kept, and its wish to wait."""
    body = json.dumps(
        {"type": "error", "error": {"type": code, "message": "said so"}, "request_id": "r"}
    ).encode()
    with pytest.raises(ProviderError, match=f"{code}: said so") as raised:
        replied(create, ASK, lambda asked: whole(body, "retry-after: 2", status=status))
    assert (raised.value.kind, raised.value.retryable) == (kind, retryable)
    assert raised.value.retry_after_s == (2.0 if retryable else None)


def test_overload_in_the_middle_of_a_stream_may_pass() -> None:
    """An event `error` has the status that it would have had."""
    found = [
        *events(message(*text("Be")))[:3],
        {"type": "error", "error": {"type": "overloaded_error", "message": "later"}},
    ]
    with pytest.raises(ProviderError, match="overloaded_error: later") as raised:
        replied(create, ASK, streamed(found), stream=True)
    assert raised.value.retryable and raised.value.possibly_billed


def test_a_stream_that_breaks_off_is_an_error() -> None:
    """Its last event says how it ended, or it did not."""
    with pytest.raises(ProviderError, match="ended before the answer did"):
        replied(create, ASK, streamed(events(message(*text("Be")))[:4]), stream=True)


def test_the_server_tells_its_limits() -> None:
    """Counts that are left, and seconds until they are filled again."""
    seen: list[ServerLimits] = []
    head = "anthropic-ratelimit-"
    headers = [
        f"{head}requests-remaining: 5",
        f"{head}tokens-remaining: 900",
        f"{head}tokens-reset: 2099-01-01T00:00:00Z",
    ]

    async def look(provider: Any) -> Any:
        provider.on_limits = seen.append
        return await provider.complete(ASK)

    with Hostile(says(message(*text("x")), "Connection: close", *headers)) as server:
        use(create, server, look)
    assert (seen[0].remaining_requests, seen[0].remaining_tokens) == (5, 900)
    assert seen[0].reset_tokens_s is not None and seen[0].reset_tokens_s > 1e6


@both
def test_it_keeps_the_promises_of_a_provider(stream: bool) -> None:
    """An answer, an error, and a line that is cut."""
    answer = (
        streamed(events(message(*text("x")))) if stream else says(message(*text("x")), "Connection: close")
    )
    found = []
    for made in (answer, says({"type": "error"}, status="500 Oops"), lambda asked: []):
        with Hostile(made) as server:
            found.append(use(create, server, lambda model: check_provider(model, ASK), stream=stream))
    assert [type(one) for one in found] == [Response, ProviderError, ProviderError]


def test_without_a_key_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable of this API, not that of another; a server of one's own gets a key by name alone."""
    from pathlib import Path

    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789abcdef")
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with pytest.raises(ProviderError, match="ANTHROPIC_API_KEY is not set; anthropic/m needs a key"):
        asyncio.run(create("m", None, Path()).complete(ASK))


def test_a_slow_reply_ends_at_the_deadline() -> None:
    """However it drips."""

    def slow(asked: Any) -> Any:
        import time

        time.sleep(3)
        yield b""

    with pytest.raises(ProviderError) as raised:
        replied(create, ASK, slow, timeout_s=0.3)
    assert (raised.value.kind, raised.value.retryable) == ("timeout", True)
