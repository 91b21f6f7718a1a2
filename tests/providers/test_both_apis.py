"""Chat completions and responses, whole and streamed, over real sockets: the same replies, outcomes and errors."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from prompteval.core.errors import OutputError, ProviderError
from prompteval.core.request import Message, Request, Response
from prompteval.providers.openai import create
from prompteval.providers.openai.errors import ServerLimits
from prompteval.providers.openai.provider import OpenAIProvider
from prompteval.testing.server import FakeServer, Fault, Reply
from prompteval.workspace.settings import ModelProfile

T = TypeVar("T")
SCHEMA = {
    "type": "object", "properties": {"intent": {"type": "string", "enum": ["billing", "technical"]}},
    "required": ["intent"], "additionalProperties": False,
}  # fmt: skip
REQUEST = Request("m", (Message("system", "Sort."), Message("user", "a refund please")))
WAYS = [("chat", False), ("chat", True), ("responses", False), ("responses", True)]
each_way = pytest.mark.parametrize(("api", "stream"), WAYS)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_KEY", "sk-test-0123456789abcdef")


def use(server: FakeServer, work: Callable[[OpenAIProvider], Awaitable[T]], **keys: Any) -> T:
    """What `work` makes of a provider for the server, which is closed afterwards."""

    async def run() -> T:
        profile = ModelProfile("m", base_url=server.url, api_key_env="OUR_KEY", **{"timeout_s": 5.0, **keys})
        provider = create("fake", profile, Path())
        try:
            return await work(provider)
        finally:
            await provider.aclose()

    return asyncio.run(run())


def ask(server: FakeServer, api: str, stream: bool, request: Request = REQUEST, **keys: Any) -> Response:
    return use(server, lambda provider: provider.complete(request), api=api, stream=stream, **keys)


@each_way
def test_every_way_gives_the_same_reply(api: str, stream: bool) -> None:
    """Text, finish, model, tokens with their details, log probabilities and request id."""
    request = Request("m", REQUEST.messages, {"logprobs": True})
    with FakeServer([Reply("refund", text="billing, please")]) as server:
        found = ask(server, api, stream, request)
    assert (found.text, found.finish, found.model_reported) == ("billing, please", "stop", "fake")
    assert found.usage is not None and found.logprobs == (-0.5,)
    usage = found.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens, usage.reasoning_tokens) == (
        40,
        3,
        4,
        2,
    )
    assert found.details["request_id"] == "req_fake" and ("first_token_ms" in found.details) == stream


@each_way
def test_every_way_sends_the_schema(api: str, stream: bool) -> None:
    """In the field of its API, and only a stream says that it is one."""
    with FakeServer() as server:
        found = ask(server, api, stream, Request("m", REQUEST.messages, schema=SCHEMA))
        (body,) = server.requests
    assert found.text == '{"intent": "billing"}' and body.get("stream", False) == stream
    form = body["response_format"]["json_schema"] if api == "chat" else body["text"]["format"]
    assert form["schema"] == SCHEMA and form["strict"]
    assert ("stream_options" in body) == (stream and api == "chat")


@each_way
@pytest.mark.parametrize(
    ("kind", "finish", "refusal"),
    [
        ("length", "length", None),
        ("filter", "content_filter", None),
        ("refusal", "stop", "I cannot help with that."),
    ],
)
def test_every_way_tells_how_a_reply_ended(
    api: str, stream: bool, kind: Any, finish: str, refusal: str | None
) -> None:
    """Cut, withheld, refused: outcomes, not errors."""
    with FakeServer([Reply(text="a long answer")], faults=[Fault(kind)]) as server:
        found = ask(server, api, stream)
    assert (found.finish, found.refusal) == (finish, refusal)


@each_way
@pytest.mark.parametrize(
    ("kind", "expected", "retryable"),
    [
        ("status", "server", True), ("tool_calls", "tool_calls_only", True), ("null_content", "empty", True),
        ("error_body", "bad_response", True),
        ("reset", "connection", True), ("cut", "connection", True), ("html", "bad_response", True), ("bad_json", "bad_response", True),
        ("hang", "timeout", True), ("redirect", "bad_response", False),
    ],
)  # fmt: skip
def test_every_way_gives_the_same_errors(
    api: str, stream: bool, kind: Any, expected: str, retryable: bool
) -> None:
    """One kind each, whatever breaks."""
    with FakeServer(faults=[Fault(kind)]) as server, pytest.raises(ProviderError) as raised:
        ask(server, api, stream, timeout_s=1.0)
    assert (raised.value.kind, raised.value.retryable) == (expected, retryable)


@each_way
@pytest.mark.parametrize("kind", ["null_choices", "no_choices"])
def test_every_way_notices_a_reply_without_an_answer(api: str, stream: bool, kind: Any) -> None:
    """Where nothing was said at all: tried again, never an empty text."""
    with FakeServer(faults=[Fault(kind)]) as server, pytest.raises(ProviderError) as raised:
        ask(server, api, stream)
    assert raised.value.kind in ("bad_response", "empty") and raised.value.retryable


@each_way
def test_every_way_ends_at_its_timeout(api: str, stream: bool) -> None:
    """However often a piece comes: it is the time of the whole reply."""
    started = time.monotonic()
    slow: dict[str, Any] = {"pause_s": 0.2} if stream else {"latency_s": 3.0}
    with FakeServer([Reply(text="abc" * 9)], **slow) as server, pytest.raises(ProviderError) as raised:
        ask(server, api, stream, timeout_s=0.5)
    assert (raised.value.kind, raised.value.retryable, raised.value.possibly_billed) == (
        "timeout",
        True,
        True,
    )
    assert time.monotonic() - started < 2.5


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_the_first_token_is_timed(api: str) -> None:
    """Before the last one, by the pauses between them."""
    with FakeServer([Reply(text="one two three")], pause_s=0.15) as server:
        found = ask(server, api, stream=True)
    first, answer = (found.details[name] for name in ("first_token_ms", "first_answer_ms"))
    assert 0 < first <= answer < found.latency_ms - 250


@each_way
def test_every_way_tells_limits_and_filtered_prompts(api: str, stream: bool) -> None:
    """From the headers of an answer, and from a 400 with the code of a filter."""
    seen: list[ServerLimits] = []
    faults = [Fault("status", 400, "content_filter", {"x-ratelimit-remaining-requests": "5"})]

    async def look(provider: OpenAIProvider) -> Response:
        provider.on_limits = seen.append
        return await provider.complete(REQUEST)

    with FakeServer(faults=faults) as server:
        found = use(server, look, api=api, stream=stream)
    assert (found.finish, seen) == ("content_filter", [ServerLimits(remaining_requests=5)])


def pieces(server: FakeServer, api: str, **keys: Any) -> list[str]:
    async def all_of(provider: OpenAIProvider) -> list[str]:
        return [piece async for piece in provider.stream(REQUEST)]

    return use(server, all_of, api=api, **keys)


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_an_application_gets_the_pieces(api: str) -> None:
    """Of a text, whatever the profile says of `stream`."""
    with FakeServer([Reply(text="one two three")]) as server:
        found = pieces(server, api)
    assert "".join(found) == "one two three" and len(found) == 3


@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize(("kind", "message"), [("length", "cut at the token limit"), ("filter", "withheld by a filter"), ("refusal", "cannot help")])  # fmt: skip
def test_an_application_is_told_that_a_text_is_not_whole(api: str, kind: Any, message: str) -> None:
    """After its last piece, as an OutputError."""
    with (
        FakeServer([Reply(text="one two three")], faults=[Fault(kind)]) as server,
        pytest.raises(OutputError, match=message),
    ):
        pieces(server, api)


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_a_stream_that_is_left_closes_its_connection(api: str) -> None:
    """So that the server stops."""

    async def leave(provider: OpenAIProvider) -> str:
        stream = provider.stream(REQUEST)
        first = await anext(stream)
        await stream.aclose()
        for _ in range(100):
            if server.stats["closed"]:
                break
            await asyncio.sleep(0.02)
        return first

    with FakeServer([Reply(text="one two three")], pause_s=0.2) as server:
        assert use(server, leave, api=api) and server.stats["closed"] == 1


def test_a_server_that_tells_tokens_unasked_is_not_asked() -> None:
    """Mistral refuses `stream_options` (public reports of its 422 `extra_forbidden`)."""
    with FakeServer() as server:
        ask(server, "chat", stream=True, preset="mistral")
        assert "stream_options" not in server.requests[0]
