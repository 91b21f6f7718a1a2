"""The OpenAI provider, through the real SDK over real sockets."""

import asyncio
import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prompteval.core.errors import ProviderError
from prompteval.core.request import Message, Request, Response
from prompteval.providers.layers import build_layers
from prompteval.providers.openai import create
from prompteval.testing.conformance import check_provider
from prompteval.testing.server import FakeServer, Fault, Reply
from prompteval.workspace.settings import ModelProfile

KEY = "sk-test-0123456789abcdef"
REQUEST = Request("openai/fake", (Message("system", "Sort."), Message("user", "a refund please")))
SCHEMA = {"type": "object", "properties": {"intent": {"enum": ["billing", "technical"]}}}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def ask(
    server: FakeServer, request: Request = REQUEST, *, attempts: int = 1, timeout_s: float = 5.0
) -> Response:
    async def go() -> Response:
        profile = ModelProfile(
            "fake", model="fake", base_url=server.url, api_key_env="OPENAI_API_KEY", timeout_s=timeout_s
        )
        provider = build_layers(create("fake", profile, Path()), max_attempts=attempts)
        try:
            return await provider.complete(request)
        finally:
            await provider.aclose()

    return asyncio.run(go())


def failure(
    kind: str, *, timeout_s: float = 5.0, attempts: int = 1, count: int = 1, **more: object
) -> ProviderError:
    faults = [Fault(kind, **more)] * count  # type: ignore[arg-type]
    with FakeServer(faults=faults) as server, pytest.raises(ProviderError) as caught:
        ask(server, timeout_s=timeout_s, attempts=attempts)
    return caught.value


def test_a_reply_keeps_everything_the_server_said() -> None:
    """Text, finish, model, tokens with their details, fingerprint and request id."""
    with FakeServer([Reply("refund", text="billing")]) as server:
        response = ask(server)
    assert (response.text, response.finish, response.model_reported) == ("billing", "stop", "fake")
    assert response.usage is not None
    assert (response.usage.prompt_tokens, response.usage.completion_tokens) == (40, 3)
    assert (response.usage.cached_tokens, response.usage.reasoning_tokens) == (4, 2)
    assert response.details == {"system_fingerprint": "fp_fake", "request_id": "req_fake"}
    assert response.latency_ms > 0


def test_the_body_has_the_servers_names() -> None:
    """Neutral parameters are mapped, the schema is strict, the seed is sent."""
    params = {"temperature": 0, "max_output_tokens": 32, "logprobs": True}
    request = replace(REQUEST, params=params, schema=SCHEMA, schema_name="intent", seed=7)
    with FakeServer() as server:
        response = ask(server, request)
        body = server.requests[0]
    assert (body["max_completion_tokens"], body["seed"], body["temperature"]) == (32, 7, 0)
    assert body["response_format"]["json_schema"] == {"name": "intent", "strict": True, "schema": SCHEMA}
    assert (response.text, response.logprobs) == ('{"intent": "billing"}', (-0.5,))


def test_an_unknown_parameter_is_refused_before_a_call() -> None:
    """Nothing is sent that the mapping does not know."""
    with (
        FakeServer() as server,
        pytest.raises(ProviderError, match="unknown parameter 'temprature'") as caught,
    ):
        ask(server, replace(REQUEST, params={"temprature": 0}))
    assert (caught.value.kind, len(server.requests)) == ("unsupported", 0)


def test_f1_retry_after_ms_is_waited_for() -> None:
    """Two 429 with 300 ms each, then an answer: three attempts, at least 0.6 s."""
    fault = Fault("status", 429, "rate_limit_exceeded", {"retry-after-ms": "300"})
    with FakeServer(faults=[fault, fault]) as server:
        started = time.monotonic()
        response = ask(server, attempts=5)
        assert time.monotonic() - started >= 0.6
        assert (len(server.requests), response.details["attempts"]) == (3, 3)


def test_f2_a_spent_quota_is_not_tried_again() -> None:
    """`insufficient_quota` is one call and names the quota."""
    error = failure("status", status=429, code="insufficient_quota", attempts=5)
    assert (error.kind, error.retryable) == ("quota", False)
    assert "insufficient_quota" in str(error)


@pytest.mark.parametrize("kind", ["html", "bad_json", "error_body", "null_choices", "no_choices"])
def test_f4_f5_broken_bodies_are_bad_responses(kind: str) -> None:
    """HTML, half JSON, an error in a 200, and missing choices: one kind, the body's start kept."""
    error = failure(kind)
    assert (error.kind, error.retryable) == ("bad_response", True)
    assert error.excerpt


@pytest.mark.parametrize(
    ("fault", "kind", "told"),
    [("null_content", "empty", "no content"), ("tool_calls", "tool_calls_only", "only tool calls")],
)
def test_f6_an_empty_reply_is_an_error_of_its_own(fault: str, kind: str, told: str) -> None:
    """No content, and tool calls only, are told apart."""
    error = failure(fault)
    assert (error.kind, told in str(error)) == (kind, True)


@pytest.mark.parametrize(
    ("kind", "finish"), [("refusal", "stop"), ("length", "length"), ("filter", "content_filter")]
)
def test_f7_f8_f9_endings_are_kept(kind: str, finish: str) -> None:
    """A refusal, a cut reply and a filtered one are replies, not errors."""
    with FakeServer([Reply(text="billing")], faults=[Fault(kind)]) as server:  # type: ignore[arg-type]
        response = ask(server)
    assert response.finish == finish
    assert (response.refusal is not None) == (kind == "refusal")
    assert response.text == ("bil" if kind == "length" else "")


@pytest.mark.parametrize("kind", ["reset", "cut"])
def test_f10_broken_connections_are_tried_again(kind: str) -> None:
    """A reset and a short body cost an attempt, not the case."""
    with FakeServer([Reply(text="x")], faults=[Fault(kind)]) as server:  # type: ignore[arg-type]
        response = ask(server, attempts=3)
    assert (response.text, response.details["attempts"]) == ("x", 2)


@pytest.mark.parametrize("kind", ["drip", "hang"])
def test_f11_f12_a_slow_server_cannot_hold_a_slot(kind: str) -> None:
    """An attempt ends at its deadline, however slowly bytes come."""
    started = time.monotonic()
    assert failure(kind, timeout_s=0.5).kind == "timeout"
    assert time.monotonic() - started < 2


def test_f14_f15_usage_that_is_missing_or_absurd_is_null() -> None:
    """No number is invented from nonsense."""
    with FakeServer(faults=[Fault("no_usage"), Fault("silly_usage")]) as server:
        assert ask(server).usage is None
        usage = ask(server).usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens) == (None, None)


def test_f16_the_model_that_answered_is_kept() -> None:
    """Another model than asked for is visible."""
    with FakeServer(faults=[Fault("other_model")]) as server:
        assert ask(server).model_reported == "another-model"


def test_f35_redirects_are_not_followed() -> None:
    """A key never travels to another origin."""
    with FakeServer() as other, FakeServer(faults=[Fault("redirect", location="")]) as server:
        server._faults[0] = Fault("redirect", location=f"{other.url}/chat/completions")
        with pytest.raises(ProviderError, match="redirects are not followed"):
            ask(server)
        assert other.stats["connections"] == 0


@pytest.mark.parametrize(
    ("status", "kind"), [(401, "auth"), (404, "not_found"), (400, "bad_request"), (503, "server")]
)
def test_statuses_have_their_kinds(status: int, kind: str) -> None:
    """What will not pass is not tried again."""
    error = failure("status", status=status)
    assert (error.kind, error.retryable) == (kind, kind == "server")


def test_no_key_is_told_before_any_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the variable."""
    monkeypatch.delenv("OPENAI_API_KEY")
    with FakeServer() as server, pytest.raises(ProviderError, match="OPENAI_API_KEY is not set"):
        ask(server)


def test_s20_the_key_appears_nowhere(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not in debug logs, errors, their causes, repr or identity."""
    caplog.set_level(logging.DEBUG)
    error = failure("status", status=401, code="invalid_api_key")
    provider = create("fake", ModelProfile("f", base_url="http://user:sk-in-url@h/v1"), Path())
    seen = f"{error!r} {error} {error.__cause__!r} {error.excerpt} {provider!r} {provider.identity} {caplog.text}"
    assert KEY not in seen + "".join(capfd.readouterr())
    assert "sk-in-url" not in provider.identity


@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize("stream", [False, True])
def test_it_keeps_the_promises_of_a_provider(api: str, stream: bool) -> None:
    """The conformance kit passes, for an answer and for an error."""
    with FakeServer(faults=[None, Fault("status", 500)]) as server:
        keys: dict[str, Any] = {"api": api, "stream": stream}
        profile = ModelProfile("fake", base_url=server.url, api_key_env="OPENAI_API_KEY", **keys)
        found = [asyncio.run(check_provider(create("fake", profile, Path()), REQUEST)) for _ in range(2)]
    assert [type(one) for one in found] == [Response, ProviderError]
