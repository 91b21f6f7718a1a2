"""Single calls gathered into batches."""

import asyncio
from collections.abc import Sequence

import pytest

from prompteval.core.errors import ProviderError
from prompteval.core.request import Message, Request, Response
from prompteval.engine.batching import BatchingProvider


class EchoBatches:
    """A batch provider that answers with the user's text and remembers its batches."""

    identity = "echo"
    max_batch = 4

    def __init__(self) -> None:
        self.sizes: list[int] = []

    async def complete(self, request: Request) -> Response:
        raise AssertionError("the engine calls complete_many")

    async def aclose(self) -> None:
        pass

    def complete_many(self, requests: Sequence[Request]) -> list[Response | ProviderError]:
        self.sizes.append(len(requests))
        return [
            ProviderError("empty", "nothing")
            if request.messages[0].content == "bad"
            else Response(request.messages[0].content)
            for request in requests
        ]


def request(text: str) -> Request:
    return Request("local/echo", (Message("user", text),))


def test_callers_get_their_own_answers_in_full_batches() -> None:
    """Ten waiting callers make batches of at most four, and each gets its own reply."""
    inner = EchoBatches()

    async def go() -> list[str]:
        provider = BatchingProvider(inner)
        replies = await asyncio.gather(*(provider.complete(request(str(i))) for i in range(10)))
        await provider.aclose()
        return [reply.text for reply in replies]

    assert asyncio.run(go()) == [str(i) for i in range(10)]
    assert inner.sizes == [4, 4, 2]


def test_one_failed_request_fails_alone() -> None:
    """A returned ProviderError reaches its caller and nobody else."""

    async def go() -> list[object]:
        provider = BatchingProvider(EchoBatches())
        return list(
            await asyncio.gather(
                *(provider.complete(request(text)) for text in ("a", "bad", "c")), return_exceptions=True
            )
        )

    first, second, third = asyncio.run(go())
    assert isinstance(second, ProviderError)
    assert (getattr(first, "text", ""), getattr(third, "text", "")) == ("a", "c")


def test_a_crash_of_the_model_reaches_every_caller() -> None:
    """When the batch itself raises, no caller waits for ever."""

    class Broken(EchoBatches):
        def complete_many(self, requests: Sequence[Request]) -> list[Response | ProviderError]:
            raise MemoryError("no room")

    async def go() -> None:
        await BatchingProvider(Broken()).complete(request("a"))

    with pytest.raises(MemoryError):
        asyncio.run(asyncio.wait_for(go(), 5))
