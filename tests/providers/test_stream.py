"""Streams of server-sent events, as servers write them."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from prompteval.core.errors import OutputError, ProviderError
from prompteval.providers.openai.stream import read_events


def event(content: Any = None, finish: str | None = None, **more: Any) -> bytes:
    delta = {"content": content} if content is not None else {}
    return b"data: " + json.dumps({"choices": [{"delta": delta, "finish_reason": finish}], **more}).encode()


def read(*lines: bytes) -> list[str]:
    async def given() -> AsyncIterator[bytes]:
        for line in lines:
            yield line

    async def whole() -> list[str]:
        return [piece async for piece in read_events(given())]

    return asyncio.run(whole())


def test_pieces_come_in_their_order() -> None:
    """CRLF, comments that keep the connection, a role without text, usage at the end."""
    usage = b'data: {"choices": [], "usage": {"prompt_tokens": 1}}'
    assert read(b": keep-alive", b"", event(""), event("Pa") + b"\r", event("ris"), event(None, "stop"), usage, b"data: [DONE]") == ["Pa", "ris"]  # fmt: skip


def test_a_body_in_place_of_a_stream_is_the_whole_text() -> None:
    """A server that does not know `stream`."""
    assert read(b'{"choices": [{"message": {"content": "Paris"}, "finish_reason": "stop"}]}') == ["Paris"]


@pytest.mark.parametrize(
    ("last", "kind"),
    [
        (b'data: {"error": {"message": "busy", "code": 503}}', "server"), (b"data: {", "bad_response"),
        (b'data: {"choices": [{"finish_reason": "error"}]}', "bad_response"), (b"data: []", "bad_response"),
        (event(None, "length"), "length"), (event(None, "content_filter"), "content_filter"),
        (b'data: {"choices": [{"delta": {"refusal": "No."}}]}', "refused"),
    ],
)  # fmt: skip
def test_an_error_in_a_stream_is_raised_where_it_stands(last: bytes, kind: str) -> None:
    """Never the end of a good answer."""
    with pytest.raises(ProviderError) as raised:
        read(event("Pa"), last)
    assert raised.value.kind == kind
    assert isinstance(raised.value, OutputError) == (kind in ("length", "content_filter", "refused"))
