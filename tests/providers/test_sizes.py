"""Tokens of what is sent, counted once for texts that many cases share."""

import pytest

from prompteval.core.request import Message, Request
from prompteval.providers import size
from prompteval.providers.size import Sizes
from prompteval.tokens import counter


def test_texts_are_remembered_up_to_a_number_of_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand long inputs are counted, and few of them are kept."""
    monkeypatch.setattr(size, "REMEMBERED_CHARACTERS", 10_000)
    sizes = Sizes(counter(""))
    for number in range(1_000):
        assert sizes.prompt(Request("m", (Message("user", f"{number:06}" + "x" * 994),))) > 1
    assert len(sizes._known) == 10
