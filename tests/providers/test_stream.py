"""Streams of server-sent events, as servers write them."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from prompteval.core.errors import ProviderError
from prompteval.core.request import Response
from prompteval.providers.openai.api import CHAT, RESPONSES, Api
from prompteval.providers.openai.stream import Piece, StreamedBody


def event(content: Any = None, finish: str | None = None, **more: Any) -> bytes:
    delta = {"content": content} if content is not None else {}
    return b"data: " + json.dumps({"choices": [{"delta": delta, "finish_reason": finish}], **more}).encode()


def named_event(kind: str, **fields: Any) -> bytes:
    """An event of the Responses API."""
    return (
        b"data: " + json.dumps({"type": f"response.{kind}" if kind != "error" else kind, **fields}).encode()
    )


def read(*lines: bytes, api: Api = CHAT, by_tool: bool = False) -> tuple[list[Piece], Response]:
    """(what each event brings, the reply in all of them)."""
    body = StreamedBody(api.assemble(by_tool=by_tool))

    async def given() -> AsyncIterator[bytes]:
        for line in lines:
            yield line

    async def whole() -> list[Piece]:
        return [piece async for piece in body.pieces(given())]

    pieces = asyncio.run(whole())
    return pieces, api.read(body.value, lambda: "", None, 0.0, by_tool=by_tool)


def texts(pieces: list[Piece]) -> list[str]:
    return [piece.text for piece in pieces if piece.text]


DONE = b"data: [DONE]"
MESSAGE = {"type": "message", "id": "m", "content": [{"type": "output_text", "text": "Paris"}]}
USAGE = {"input_tokens": 9, "output_tokens": 5, "output_tokens_details": {"reasoning_tokens": 3}}


def test_pieces_come_in_their_order() -> None:
    """CRLF, comments that keep the connection, a role without text, the tokens in an event of their own."""
    usage = b'data: {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}, "model": "x"}'
    pieces, reply = read(b": keep-alive", b"", event(""), event("Pa") + b"\r", event("ris"), event(None, "stop"), usage, DONE)  # fmt: skip
    assert texts(pieces) == ["Pa", "ris"] and [piece.written for piece in pieces][:3] == [False, True, True]
    assert (reply.text, reply.finish, reply.model_reported) == ("Paris", "stop", "x")
    assert reply.usage is not None and (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (1, 2)


def test_thoughts_are_written_and_are_no_text() -> None:
    """In a field of their own, as vLLM and DeepSeek send them, or in parts, as Mistral does."""
    apart = b'data: {"choices": [{"delta": {"reasoning_content": "hm"}}]}'
    part = event([{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}])
    pieces, reply = read(apart, part, event("Paris"), event(None, "stop"), DONE)
    assert [(piece.text, piece.written) for piece in pieces[:3]] == [("", True), ("", True), ("Paris", True)]
    assert reply.text == "Paris"


def test_a_call_comes_in_pieces_too() -> None:
    """Its arguments are the answer where they were asked for; the name comes once, with an index."""
    first = {"index": 0, "id": "c", "type": "function", "function": {"name": "out", "arguments": ""}}
    calls = [[first], *([{"index": 0, "function": {"arguments": text}}] for text in ('{"a"', ': "b"}'))]
    lines = [
        b"data: " + json.dumps({"choices": [{"delta": {"tool_calls": call}}]}).encode() for call in calls
    ]
    pieces, reply = read(*lines, event(None, "tool_calls"), DONE, by_tool=True)
    assert texts(pieces) == ['{"a"', ': "b"}'] and (reply.text, reply.finish) == ('{"a": "b"}', "stop")


def test_log_probabilities_are_gathered() -> None:
    """One a token, over all chunks."""
    chunks = [
        b'data: {"choices": [{"delta": {"content": "a"}, "logprobs": {"content": [{"logprob": %d}]}}]}'
        % value
        for value in (-1, -2)
    ]
    assert read(*chunks, event(None, "stop"), DONE)[1].logprobs == (-1.0, -2.0)


def test_a_body_in_place_of_a_stream_is_the_whole_reply() -> None:
    """A server that does not know `stream`."""
    pieces, reply = read(b'{"choices": [{"message": {"content": "Paris"}, "finish_reason": "stop"}]}')
    assert (pieces, reply.text) == ([], "Paris")


@pytest.mark.parametrize(
    ("last", "kind"),
    [
        (b'data: {"error": {"message": "busy", "code": 503}}', "server"), (b"data: {", "bad_response"),
        (b'data: {"choices": [{"finish_reason": "error"}]}', "bad_response"), (b"data: []", "bad_response"),
        (b": the connection ends", "bad_response"),
    ],
)  # fmt: skip
def test_an_error_in_a_stream_is_raised_where_it_stands(last: bytes, kind: str) -> None:
    """Never the end of a good answer, also where the connection just ends."""
    with pytest.raises(ProviderError) as raised:
        read(event("Pa"), last)
    assert raised.value.kind == kind and raised.value.possibly_billed


def test_an_event_that_is_cut_off_before_the_end_is_no_part_of_a_good_answer() -> None:
    """Its text would be missing in the middle of the reply."""
    with pytest.raises(ProviderError, match="an event of the stream is") as raised:
        read(event("Pa"), event(None, "stop"), event("ris")[:-5], DONE)
    assert raised.value.kind == "bad_response"


@pytest.mark.parametrize(
    ("lines", "finish", "refusal"),
    [
        ([event("Pa"), event(None, "length"), DONE], "length", None),
        ([event("Pa"), event(None, "model_length"), DONE], "length", None),
        ([event(None, "content_filter"), DONE], "content_filter", None),
        ([b'data: {"choices": [{"delta": {"refusal": "N"}}]}', b'data: {"choices": [{"delta": {"refusal": "o."}}]}', event(None, "stop"), DONE], "stop", "No."),
    ],
)  # fmt: skip
def test_how_a_stream_ends_is_how_the_reply_ends(
    lines: list[bytes], finish: str, refusal: str | None
) -> None:
    """As in a body: cut, filtered, refused, also in another server's words."""
    reply = read(*lines)[1]
    assert (reply.finish, reply.refusal) == (finish, refusal)


def test_a_streamed_response_is_the_one_in_its_last_event() -> None:
    """Responses API, "Streaming events": the deltas are the text, the last event has usage and all else."""
    started = named_event("created", response={"status": "in_progress", "output": []})
    deltas = [named_event("output_text.delta", item_id="m", delta=text) for text in ("Pa", "ris")]
    thought = named_event("reasoning_summary_text.delta", item_id="r", delta="hm")
    last = named_event(
        "completed", response={"status": "completed", "output": [MESSAGE], "usage": USAGE, "model": "x"}
    )
    pieces, reply = read(b"event: response.created", started, thought, *deltas, last, api=RESPONSES)
    assert texts(pieces) == ["Pa", "ris"] and [piece.written for piece in pieces] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert (reply.text, reply.model_reported) == ("Paris", "x")
    assert reply.usage is not None and reply.usage.reasoning_tokens == 3


def test_remarks_before_a_streamed_answer_are_no_text_of_it() -> None:
    """A message whose phase is commentary."""
    remark = {
        "type": "message",
        "id": "c",
        "phase": "commentary",
        "content": [{"type": "output_text", "text": "Hm."}],
    }
    lines = [
        named_event("output_item.added", item=remark),
        named_event("output_text.delta", item_id="c", delta="Hm."),
    ]
    last = named_event("completed", response={"status": "completed", "output": [remark, MESSAGE]})
    pieces, reply = read(
        *lines, named_event("output_text.delta", item_id="m", delta="Paris"), last, api=RESPONSES
    )
    assert (texts(pieces), reply.text) == (["Paris"], "Paris")


@pytest.mark.parametrize(
    ("last", "kind"),
    [
        (named_event("error", code="rate_limit_exceeded", message="Slow down."), "rate_limit"),
        (named_event("error", error={"code": "server_error", "message": "Oops."}), "server"),
        (named_event("failed", response={"status": "failed", "error": {"code": "server_error", "message": "Oops."}}), "server"),
        (b": the connection ends", "bad_response"), (b"data: 1", "bad_response"),
        (named_event("completed", response=None), "bad_response"),
    ],
)  # fmt: skip
def test_a_streamed_response_that_fails_is_an_error(last: bytes, kind: str) -> None:
    """In an event, in the response of the last one, or by an end without one."""
    with pytest.raises(ProviderError) as raised:
        read(named_event("output_text.delta", item_id="m", delta="Pa"), last, api=RESPONSES)
    assert raised.value.kind == kind
