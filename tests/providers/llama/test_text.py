"""Text from a real llama.cpp server: usage, limits, seeds, log probabilities, streams."""

import math

import pytest

from prompteval.core.errors import OutputError
from prompteval.providers.openai.provider import OpenAIProvider
from tests.providers.llama.conftest import MODEL, Server, request

pytestmark = [pytest.mark.slow]


def test_a_text_has_its_usage_and_the_name_of_its_model(llama: Server) -> None:
    """Without a schema and without tools; the end of the answer is the model's own."""
    reply = llama.ask("Answer with one word: what is the capital of France?", max_output_tokens=100)
    assert reply.finish == "stop" and reply.text.strip() and reply.refusal is None
    assert reply.usage is not None and reply.usage.prompt_tokens and reply.usage.completion_tokens
    assert reply.model_reported == MODEL and reply.latency_ms > 0


def test_a_longer_prompt_has_more_tokens(llama: Server) -> None:
    """The server counts what was sent: ten words more are at least ten tokens more."""
    short, long = (llama.ask("word " * count, max_output_tokens=1).usage for count in (5, 15))
    assert short is not None and long is not None
    assert (long.prompt_tokens or 0) >= (short.prompt_tokens or 0) + 10
    assert (short.completion_tokens, long.completion_tokens) == (1, 1)


def test_the_token_limit_is_heeded_and_told(llama: Server) -> None:
    """The same number of tokens as were asked for, and a finish that becomes the outcome `truncated`."""
    reply = llama.ask("Count to one hundred.", max_output_tokens=4)
    assert reply.finish == "length"
    assert reply.usage is not None and reply.usage.completion_tokens == 4


def test_a_stop_text_ends_the_answer_before_it(llama: Server) -> None:
    """As the parameter says: the text itself is left out."""
    whole = llama.ask("Count: one, two, three, four", max_output_tokens=40).text
    end = next(letter for letter in whole[5:] if letter.isalpha())
    cut = llama.ask("Count: one, two, three, four", max_output_tokens=40, stop=[end])
    assert cut.finish == "stop" and cut.text == whole[: whole.index(end)]


def test_a_seed_gives_one_text_and_seeds_give_several(llama: Server) -> None:
    """At a temperature where chance decides."""
    asked = {"max_output_tokens": 12, "temperature": 1.5}
    once, again = (llama.ask("Tell a story.", seed=3, **asked).text for _ in range(2))
    assert once == again
    assert len({llama.ask("Tell a story.", seed=seed, **asked).text for seed in (3, 4, 5, 6)}) > 1


def test_log_probabilities_come_one_a_token(llama: Server) -> None:
    """Natural logarithms of the tokens that were chosen; at temperature 0 none is less likely than 1 in 49,152."""
    reply = llama.ask("Say hello.", max_output_tokens=6, logprobs=True, top_logprobs=2)
    assert reply.logprobs is not None and reply.usage is not None
    assert len(reply.logprobs) == reply.usage.completion_tokens
    assert all(-math.log(49_152) <= value <= 0 for value in reply.logprobs)
    assert llama.ask("Say hello.", max_output_tokens=6).logprobs is None


def test_a_stream_is_the_same_text_in_pieces(llama: Server) -> None:
    """And one that the limit cuts says so after its last piece."""
    asked = request("Say hello to Ann.", max_output_tokens=60)

    async def both(provider: OpenAIProvider) -> tuple[str, list[str]]:
        return (await provider.complete(asked)).text, [piece async for piece in provider.stream(asked)]

    whole, pieces = llama.use(both)
    assert "".join(pieces) == whole and len(pieces) > 1


def test_a_stream_that_is_cut_ends_in_an_error(llama: Server) -> None:
    """Never the end of a good answer; the pieces before it were given."""
    pieces: list[str] = []

    async def cut(provider: OpenAIProvider) -> None:
        async for piece in provider.stream(request("Count to one hundred.", max_output_tokens=4)):
            pieces.append(piece)

    with pytest.raises(OutputError, match="cut at the token limit"):
        llama.use(cut)
    assert 1 <= len(pieces) <= 4
