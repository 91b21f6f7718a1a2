"""The times of a streamed reply against a server that notes when it sent each event."""

import asyncio
import json
import time
from collections.abc import Iterator
from statistics import median
from typing import Any

import pytest

from prompteval.core.request import Message, Request, Response
from prompteval.providers.openai.provider import OpenAIProvider
from prompteval.providers.openai.server import Server
from prompteval.providers.openai.shape import Shape
from tests.hostile import OK, Asked, Hostile, chunk

REPLIES, CLOSE_MS = 50, 5.0
HEAD = OK + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
REQUEST = Request("openai/m", (Message("user", "why"),))


def event(delta: Any, finish: str | None = None) -> bytes:
    body = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return chunk(f"data: {json.dumps(body)}\n\n".encode())


class Clock:
    """Answers with an empty role frame, a thought, a text and the end, and notes when each was sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, float]] = []
        self.begun = 0.0  # when the client asked; both read the same clock

    def __call__(self, asked: Asked) -> Iterator[bytes]:
        sent = dict[str, float]()
        self.sent.append(sent)

        def note(name: str) -> None:
            sent[name] = (time.perf_counter() - self.begun) * 1000

        yield HEAD + event({"role": "assistant", "content": ""})
        time.sleep(0.012)
        note("first_token_ms")
        yield event({"reasoning_content": "hm"})
        time.sleep(0.009)
        note("first_answer_ms")
        yield event({"content": "Be"})
        time.sleep(0.006)
        note("latency_ms")
        yield event({"content": "cause"}, "stop") + chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"


def measured() -> tuple[list[Response], list[dict[str, float]]]:
    clock = Clock()

    async def all_of(url: str) -> list[Response]:
        provider = OpenAIProvider("m", Server(url, shape=Shape(stream=True)), timeout_s=30.0)
        try:
            found = []
            for _ in range(REPLIES):
                clock.begun = time.perf_counter()
                found.append(await provider.complete(REQUEST))
            return found
        finally:
            await provider.aclose()

    with Hostile(clock) as server:
        return asyncio.run(all_of(server.url)), clock.sent


@pytest.mark.slow
def test_first_token_first_answer_and_end_are_those_of_the_server() -> None:
    """Medians of 50 within 5 ms; the thought is the first token, the empty role frame is nothing."""
    for tried in range(4):
        replies, sent = measured()
        times = [{**reply.details, "latency_ms": reply.latency_ms} for reply in replies]
        off = {
            name: abs(median(one[name] for one in times) - median(one[name] for one in sent))
            for name in sent[0]
        }
        if max(off.values()) < CLOSE_MS or tried == 3:  # a busy machine may be late now and then
            break
    assert len(replies) == REPLIES and {reply.text for reply in replies} == {"Because"}
    assert max(off.values()) < CLOSE_MS, off


def test_a_stream_says_that_something_was_written_before_its_text() -> None:
    """An empty piece for the thought, once, before the pieces of the text; none without a thought."""

    async def all_of(url: str) -> list[str]:
        provider = OpenAIProvider("m", Server(url, shape=Shape(stream=True)), timeout_s=30.0)
        try:
            return [piece async for piece in provider.stream(REQUEST)]
        finally:
            await provider.aclose()

    with Hostile(Clock()) as server:
        assert asyncio.run(all_of(server.url)) == ["", "Be", "cause"]
