"""A real llama.cpp server that refuses, answers under another name, is asked by many, or left alone."""

import asyncio
import json
import time
import urllib.request
from typing import Any

import pytest

from prompteval.core.errors import ProviderError
from prompteval.core.request import Message, Request
from prompteval.providers.openai.provider import OpenAIProvider
from tests.providers.llama.conftest import MODEL, Server, request

pytestmark = [pytest.mark.slow]


def busy(server: Server) -> int:
    """How many of the server's places hold a request."""
    with urllib.request.urlopen(server.url.removesuffix("/v1") + "/slots", timeout=60) as reply:
        return sum(bool(slot["is_processing"]) for slot in json.load(reply))


def becomes_idle(server: Server, seconds: float = 20) -> bool:
    """Whether every place is free before the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if busy(server) == 0:
            return True
        time.sleep(0.1)
    return False


def test_a_prompt_over_the_window_is_told(llama: Server) -> None:
    """In the server's words, and not tried again."""
    with pytest.raises(ProviderError, match="exceeds the available context size") as raised:
        llama.ask("word " * 2000)
    assert (raised.value.kind, raised.value.retryable) == ("bad_request", False)


def test_a_parameter_of_a_wrong_type_is_told_with_the_setting(llama: Server) -> None:
    """The server names the parameter, and the message the key of the profile."""
    with pytest.raises(ProviderError, match=r"temperature.*drop = \[\"temperature\"\]") as raised:
        llama.ask("Hello.", temperature="hot")
    assert raised.value.status == 400


def test_an_unknown_model_is_answered_by_the_one_there_is(llama: Server) -> None:
    """This server has one model and heeds no name: the reply says which one answered."""

    async def other(provider: OpenAIProvider) -> str | None:
        asked = Request("m", (Message("user", "Hello."),), {"max_output_tokens": 1})
        named = OpenAIProvider("no-such-model", provider.server, timeout_s=300)
        try:
            return (await named.complete(asked)).model_reported
        finally:
            await named.aclose()

    assert llama.use(other) == MODEL


def test_an_unknown_address_is_not_found(llama: Server) -> None:
    """A base URL with a wrong path ends the call at once."""
    with pytest.raises(ProviderError) as raised:
        Server(llama.url + "/v2").ask("Hello.")
    assert (raised.value.kind, raised.value.retryable) == ("not_found", False)


def test_calls_at_one_time_have_their_own_answers(llama: Server) -> None:
    """Twelve calls over two places, each with a schema that only its own answer meets."""
    words = [f"word{number}" for number in range(12)]
    asked = [request("Choose.", schema=only(word), max_output_tokens=40, logprobs=True) for word in words]

    async def together(provider: OpenAIProvider) -> list[str]:
        return [reply.text for reply in await asyncio.gather(*map(provider.complete, asked))]

    assert [json.loads(text) for text in llama.use(together)] == [{"a": word} for word in words]


def only(word: str) -> dict[str, Any]:
    """The schema of an object with one value."""
    return {
        "type": "object", "properties": {"a": {"type": "string", "enum": [word]}}, "required": ["a"],
        "additionalProperties": False,
    }  # fmt: skip


def test_a_cancelled_call_frees_the_server(llama: Server) -> None:
    """Its connection is closed, so that nothing is written for nobody."""
    assert becomes_idle(llama)

    async def cancelled(provider: OpenAIProvider) -> int:
        task = asyncio.ensure_future(provider.complete(request("Tell a long story.", max_output_tokens=400)))
        working = 0
        for _ in range(200):
            await asyncio.sleep(0.05)
            working = await asyncio.to_thread(busy, llama)
            if working or task.done():
                break
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return working

    assert llama.use(cancelled) == 1 and becomes_idle(llama)


def test_a_stream_that_is_left_frees_the_server(llama: Server) -> None:
    """After its first piece."""
    assert becomes_idle(llama)

    async def left(provider: OpenAIProvider) -> str:
        pieces = provider.stream(request("Tell a long story.", max_output_tokens=400))
        first = await anext(pieces)
        await pieces.aclose()
        return first

    assert llama.use(left) and becomes_idle(llama)


def test_a_call_that_takes_longer_than_its_timeout_ends_then(llama: Server) -> None:
    """And may be tried again; the server does not continue it."""
    with pytest.raises(ProviderError, match=r"within 0\.3 s") as raised:
        llama.use(_short_call)
    assert (raised.value.kind, raised.value.retryable) == ("timeout", True) and becomes_idle(llama)


async def _short_call(provider: OpenAIProvider) -> None:
    provider.timeout_s = 0.3
    await provider.complete(request("Tell a long story.", max_output_tokens=400))
