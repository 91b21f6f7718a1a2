"""A streamed chat completion: server-sent events, each a piece of the text."""

from collections.abc import AsyncIterator
from typing import Any

from prompteval.core.errors import OutputError
from prompteval.core.secret import hide
from prompteval.core.strict_json import loads
from prompteval.providers.openai.errors import as_words
from prompteval.providers.openai.reply import bad_reply, error_in, piece_of, read_reply

_ENDINGS = {
    "length": ("length", "the answer was cut at the token limit; raise max_output_tokens"),
    "content_filter": ("content_filter", "the answer was withheld by a filter"),
}


async def read_events(lines: AsyncIterator[bytes], *, by_tool: bool = False) -> AsyncIterator[str]:
    """The text in each event of a stream; all of it at once where the server answers with one body.

    Raises ProviderError for an error inside the stream, OutputError for an answer that was refused or cut.
    """
    whole, events = bytearray(), 0
    async for line in lines:
        if not line.startswith(b"data:"):
            whole += line + b"\n" if not events and not line.startswith((b":", b"event:", b"id:")) else b""
            continue
        events += 1
        data = line[5:].strip()
        if data == b"[DONE]":
            return
        try:
            raw = loads(data.decode("utf-8", "replace"), nan_is_null=True)
        except ValueError as error:
            raise bad_reply(f"an event of the stream is not JSON: {error}", _start(data)) from None
        piece = _piece(raw, by_tool)
        if piece:
            yield hide(piece)
    if not events:
        text = whole.decode("utf-8", "replace")
        try:
            raw = loads(text, nan_is_null=True)
        except ValueError as error:
            raise bad_reply(f"the reply is not JSON: {error}", _start(whole)) from None
        yield read_reply(raw, lambda: _start(whole), None, 0.0, by_tool=by_tool).text


def _piece(raw: Any, by_tool: bool) -> str:
    error = error_in(raw)
    if error is not None:
        raise error
    choices = raw.get("choices") if isinstance(raw, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    delta = choice.get("delta")
    text, refusal = piece_of(delta if isinstance(delta, dict) else {}, by_tool)
    if refusal:
        raise OutputError("refused", hide(as_words(refusal)))
    reason = choice.get("finish_reason")
    if isinstance(reason, str) and reason in _ENDINGS:
        raise OutputError(*_ENDINGS[reason])
    return text


def _start(data: bytes | bytearray) -> str:
    return hide(bytes(data[:20_000]).decode("utf-8", "replace"))[:500]
