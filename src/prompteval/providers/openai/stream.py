"""Server-sent events: each a piece of an answer, all of them the body that one answer would have had."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Final, Protocol

from prompteval.core.secret import hide
from prompteval.core.strict_json import JsonObject, loads
from prompteval.providers.openai.errors import bad_reply, not_json

# What a line of a stream may begin with beside its data, and what may come before the first.
_FIELDS: Final = (b":", b"event:", b"id:", b"retry:")
_MARK: Final = b"\xef\xbb\xbf"


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
        whole, events = bytearray(), _Events()
        async for line in _lines(lines):
            event = None
            if line.startswith(b"data:"):
                data = line[5:].strip()
                if data == b"[DONE]":
                    if (event := events.end()) is not None:
                        yield self._assembly.take(event)
                    self.value = self._assembly.body()
                    return
                event = events.take(data)
            elif not line:
                event = events.end()
            elif not events.count and not line.startswith(_FIELDS):
                whole += line + b"\n"
            if event is not None:
                yield self._assembly.take(event)
        if (event := events.end()) is not None:
            yield self._assembly.take(event)
        if not events.count:
            self.value = _json(bytes(whole), "the reply is")
        elif self._assembly.ended:
            self.value = self._assembly.body()
        else:
            raise bad_reply("the stream ended before the answer did", "")


async def _lines(lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Lines that may end with a carriage return too, and the first without a byte order mark."""
    mark = _MARK
    async for line in lines:
        for part in line.removeprefix(mark).removesuffix(b"\r").split(b"\r"):
            yield part
        mark = b""


class _Events:
    """Events from their lines of data: an event of several ends with an empty line, one of one may not."""

    def __init__(self) -> None:
        self.count = 0
        self._lines: list[bytes] = []

    def take(self, data: bytes) -> object:
        """The event that is whole with a line of data; None where it is not yet, or says nothing."""
        self.count += 1
        if self._lines or not data:
            self._lines += [data] if data else []
            return None
        try:
            return loads(data.decode("utf-8", "replace"), nan_is_null=True)
        except ValueError:
            self._lines.append(data)
            return None

    def end(self) -> object:
        """The event of the lines that were kept; None where there are none. Raises ProviderError."""
        lines, self._lines = self._lines, []
        return _json(b"\n".join(lines), "an event of the stream is") if lines else None


def _json(data: bytes, what: str) -> object:
    try:
        return loads(data.decode("utf-8", "replace"), nan_is_null=True)
    except ValueError as error:
        raise bad_reply(f"{what} {not_json(data, error)}", start_of(data)) from None


def start_of(data: bytes) -> str:
    """The beginning of a body, secrets hidden before it was cut."""
    return hide(data[:20_000].decode("utf-8", "replace"))[:500]
