"""Tokens of what is sent, counted once for texts that many cases share."""

import asyncio

import pytest

from prompteval.core.errors import ProviderError
from prompteval.core.media import File
from prompteval.core.request import Message, PlacedFile, Request, Response
from prompteval.providers import size
from prompteval.providers.layers.budget import Budget, BudgetLayer
from prompteval.providers.layers.window import WindowLayer
from prompteval.providers.prices import Price, Rates
from prompteval.providers.size import Sizes
from prompteval.tokens import counter
from tests.media_files import pdf, png, wav


def test_texts_are_remembered_up_to_a_number_of_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand long inputs are counted, and few of them are kept."""
    monkeypatch.setattr(size, "REMEMBERED_CHARACTERS", 10_000)
    sizes = Sizes(counter(""))
    for number in range(1_000):
        assert sizes.prompt(Request("m", (Message("user", f"{number:06}" + "x" * 994),))) > 1
    assert len(sizes._known) == 10


@pytest.mark.parametrize(
    ("width", "height", "tokens"),
    [(1_024, 1_024, 765), (2_048, 4_096, 1_105), (512, 512, 255), (1, 1, 255), (8_192, 64, 765)],
)
def test_an_image_counts_by_its_tiles(width: int, height: int, tokens: int) -> None:
    """The first two are the examples of OpenAI's guide; a small image is one tile."""
    assert size.image_tokens(width, height) == tokens


def test_a_request_with_files_is_estimated() -> None:
    """Images by their tiles, documents by their pages, audio by its seconds, and it says so."""
    sizes, text = Sizes(counter("gpt-4o")), Message("user", "What is it?")
    plain = sizes.prompt(Request("m", (text,)))
    files = tuple(PlacedFile(0, File.from_bytes(data)) for data in (png(600, 600), pdf(), wav(80_000)))
    shown = sizes.prompt(Request("m", (Message("user", "What is it?", files=files),)))
    assert shown == plain + 85 + 4 * 170 + size.PAGE_TOKENS + 11 * size.SECOND_TOKENS
    gemini = Sizes(counter("gpt-4o"), size.page_tokens("gemini"))
    asked = Request("m", (Message("user", "What is it?", files=files),))
    assert shown - gemini.prompt(asked) == size.PAGE_TOKENS - size.GEMINI_PAGE_TOKENS
    assert sizes.least(asked) == plain + 85 + 4 * 170
    assert sizes.estimated_for(asked) and not sizes.estimated_for(Request("m", (text,)))


@pytest.mark.parametrize("data", [pdf(), wav(80_000)])
def test_money_is_reserved_for_documents_and_audio(data: bytes) -> None:
    """A call that may cost more than is left is not sent; what may still fit a window is."""
    request = Request("m", (Message("user", "?", files=(PlacedFile(0, File.from_bytes(data)),)),))

    class Answers:
        identity = "answers"

        async def complete(self, request: Request) -> Response:
            return Response("yes")

        async def aclose(self) -> None: ...

    sizes = Sizes(counter("gpt-4o"))
    price = Price((Rates(1e6, 1e6, 0.0),), "test")  # a dollar a token of the prompt
    with pytest.raises(ProviderError, match="--max-cost 100 is reached"):
        asyncio.run(BudgetLayer(Answers(), Budget(100.0), price, sizes).complete(request))
    assert asyncio.run(WindowLayer(Answers(), 100, sizes).complete(request)).text == "yes"
