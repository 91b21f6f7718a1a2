"""What a real llama.cpp server ignores without a word: the reasons why its preset refuses it. And what it heeds."""

import json

import pytest

from prompteval.core.request import Response
from prompteval.providers.openai.provider import OpenAIProvider
from prompteval.workspace.presets import preset_fault
from tests.providers.llama.conftest import Server, request
from tests.providers.llama.test_schemas import SCHEMA

pytestmark = [pytest.mark.slow]


def whole(server: Server, **keys: object) -> Response:
    """An answer to a request with a schema and room enough."""
    asked = request("My card was charged twice.", schema=SCHEMA, seed=None, max_output_tokens=60)
    return server.use(lambda provider: provider.complete(asked), **keys)


def is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def test_the_schema_is_ignored_in_the_responses_api(llama: Server) -> None:
    """The same request whose chat completion meets it."""
    assert is_json(whole(llama).text) and not is_json(whole(llama, api="responses").text)
    assert preset_fault("llama.cpp", "responses", None) is not None


def test_a_cut_response_is_called_complete(llama: Server) -> None:
    """So that a truncated answer would be scored as a whole one."""
    asked = request("Count to one hundred.", seed=None, max_output_tokens=4)
    chat, response = (llama.use(lambda p: p.complete(asked), api=api) for api in ("chat", "responses"))
    assert (chat.finish, response.finish) == ("length", "stop") and response.usage is not None
    assert response.usage.completion_tokens == 4


def test_a_call_that_must_be_made_is_not_made(llama: Server) -> None:
    """By a model whose template has no tools: the answer is text, and `structured = "tool"` is refused."""
    assert not is_json(whole(llama, structured="tool").text)
    assert preset_fault("llama.cpp", "chat", "tool") is not None


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_a_streamed_reply_is_the_whole_one_with_its_times(llama: Server, api: str) -> None:
    """Text, end, tokens and model as without a stream; the first token long before the last."""
    asked = request("Tell a story.", seed=None, max_output_tokens=30)

    async def both(provider: OpenAIProvider) -> Response:
        return await provider.complete(asked)

    plain, streamed = (llama.use(both, api=api, stream=stream) for stream in (False, True))
    assert (streamed.text, streamed.finish, streamed.model_reported) == (
        plain.text,
        plain.finish,
        plain.model_reported,
    )
    assert streamed.usage is not None and plain.usage is not None
    assert streamed.usage.completion_tokens == plain.usage.completion_tokens == 30
    assert 0 < streamed.details["first_token_ms"] < streamed.latency_ms * 0.8
