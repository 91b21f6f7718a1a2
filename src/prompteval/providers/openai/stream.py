"""Server-sent events: each a piece of an answer, all of them the body that one answer would have had."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from prompteval.core.secret import hide
from prompteval.core.strict_json import JsonObject, loads
from prompteval.providers.openai.errors import bad_reply


@dataclass(frozen=True, slots=True)
class Piece:
    """What one event brings: `text` of the answer, and whether it was `written` by the model at all.

    Thoughts, refusals and calls of tools are written, but are not text.
    """

    text: str = ""
    written: bool = False


class Assembly(Protocol):
    """Puts the events of one stream together."""

    def take(self, event: object) -> Piece:
        """What an event brings. Raises ProviderError for an error inside it."""
        ...

    @property
    def ended(self) -> bool:
        """Whether an event said how the answer ended."""
        ...

    def body(self) -> JsonObject:
        """The body that the same answer has without a stream."""
        ...


class StreamedBody:
    """The body of an answer that comes as events; `value` is there once `pieces` is done."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self.value: object = None

    async def pieces(self, lines: AsyncIterator[bytes]) -> AsyncGenerator[Piece, None]:
        """What each event brings; nothing where the server answers with one body, since it knows no streams.

        Raises ProviderError for an error inside the stream, and for one that ends before its answer does.
        """
        whole, events = bytearray(), 0
        async for line in lines:
            if not line.startswith(b"data:"):
                whole += (
                    line + b"\n" if not events and not line.startswith((b":", b"event:", b"id:")) else b""
                )
                continue
            events += 1
            data = line[5:].strip()
            if data == b"[DONE]":
                self.value = self._assembly.body()
                return
            yield self._assembly.take(_json(data, "an event of the stream is"))
        if not events:
            self.value = _json(bytes(whole), "the reply is")
        elif self._assembly.ended:
            self.value = self._assembly.body()
        else:
            raise bad_reply("the stream ended before the answer did", "")


def _json(data: bytes, what: str) -> object:
    try:
        return loads(data.decode("utf-8", "replace"), nan_is_null=True)
    except ValueError as error:
        raise bad_reply(f"{what} not JSON: {error}", start_of(data)) from None


def start_of(data: bytes) -> str:
    """The beginning of a body, secrets hidden before it was cut."""
    return hide(data[:20_000].decode("utf-8", "replace"))[:500]
