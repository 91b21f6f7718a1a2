"""What an application gets of a stream from the native APIs: the pieces of the text, or why there is none."""

from typing import Any

import pytest

from prompteval.core.errors import OutputError
from prompteval.core.request import Message, Request
from prompteval.providers import anthropic, gemini
from tests.hostile import Hostile, Made
from tests.providers.native import test_anthropic_replies as claude
from tests.providers.native import test_gemini_replies as google
from tests.providers.native.oracle import KEY, use

ASK = Request("m", (Message("user", "go"),))


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_KEY", KEY)


def pieces(create: Any, made: Made) -> list[str]:
    async def all_of(provider: Any) -> list[str]:
        return [piece async for piece in provider.stream(ASK)]

    with Hostile(made) as server:
        found: list[str] = use(create, server, all_of)
        return found


def test_the_text_comes_as_it_is_written() -> None:
    """Thoughts are no part of it; an empty piece tells that they began."""
    said = claude.streamed(claude.events(claude.message(claude.THOUGHT, *claude.text("Because"))))
    assert pieces(anthropic.create, said) == ["", "B", "ecause"]
    parts = [{"text": "hm", "thought": True}, {"text": "Be"}, {"text": "cause"}]
    chunks = [google.reply(part, reason=None) for part in parts]
    assert pieces(gemini.create, google.streamed(*chunks, google.reply())) == ["", "Be", "cause"]


def test_a_refused_and_a_cut_reply_are_errors_of_the_output() -> None:
    """After what was written of them, if anything."""
    refused = claude.streamed(claude.events(claude.message(stop="refusal")))
    cut = google.streamed(google.reply({"text": "Be"}, reason="MAX_TOKENS"))
    blocked = google.streamed({"promptFeedback": {"blockReason": "SAFETY"}})
    for create, made, kind in (
        (anthropic.create, refused, "refused"),
        (gemini.create, cut, "length"),
        (gemini.create, blocked, "content_filter"),
    ):
        with pytest.raises(OutputError) as raised:
            pieces(create, made)
        assert raised.value.kind == kind
