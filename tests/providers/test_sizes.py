"""Tokens of what is sent, counted once for texts that many cases share."""

import pytest

from prompteval.core.media import File
from prompteval.core.request import Message, PlacedFile, Request
from prompteval.providers import size
from prompteval.providers.size import Sizes
from prompteval.tokens import counter
from tests.media_files import pdf, png


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
    """Images by their tiles, documents not at all, and it says so."""
    sizes, text = Sizes(counter("gpt-4o")), Message("user", "What is it?")
    plain = sizes.prompt(Request("m", (text,)))
    files = tuple(PlacedFile(0, File.from_bytes(data)) for data in (png(600, 600), pdf()))
    assert sizes.prompt(Request("m", (Message("user", "What is it?", files=files),))) == plain + 85 + 4 * 170
    assert sizes.estimated
