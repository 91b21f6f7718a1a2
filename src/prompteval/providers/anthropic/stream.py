"""The events of a streamed message of Anthropic's Messages API, put together.

Their names and fields: the API reference, "Streaming Messages".
"""

from prompteval.core.strict_json import JsonObject, loads
from prompteval.providers.anthropic.reply import error_in
from prompteval.providers.openai.errors import bad_reply
from prompteval.providers.openai.stream import Piece

# The parts of a block by the type of what is added to it.
_DELTAS = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "input_json_delta": "partial_json",
}


class MessageAssembly:
    """One message from its events."""

    def __init__(self, *, by_tool: bool) -> None:
        self._by_tool = by_tool
        self._message: JsonObject = {}
        self._blocks: dict[object, JsonObject] = {}
        self._added: dict[object, dict[str, list[str]]] = {}
        self.ended = False

    def take(self, event: object) -> Piece:
        if not isinstance(event, dict):
            raise bad_reply("an event of the stream is not a JSON object", "")
        kind, number = event.get("type"), event.get("index")
        if kind == "error" or (kind is None and event.get("error")):  # a gateway's own has no type
            raise error_in(event, "the stream holds an error", "")
        if kind == "message_start":
            self._message = dict(_object(event.get("message")))
        elif kind == "content_block_start":
            self._blocks[number] = dict(_object(event.get("content_block")))
        elif kind == "content_block_delta":
            return self._add(number, _object(event.get("delta")))
        elif kind == "message_delta":
            self._message |= _object(event.get("delta"))
            known = {name: count for name, count in _object(event.get("usage")).items() if count is not None}
            self._message["usage"] = {**_object(self._message.get("usage")), **known}
            self.ended = self._message.get("stop_reason") is not None
        return Piece()

    def _add(self, number: object, delta: JsonObject) -> Piece:
        key = _DELTAS.get(str(delta.get("type")))
        value = delta.get(key) if key else None
        if key is None or not isinstance(value, str):
            return Piece()
        self._added.setdefault(number, {}).setdefault(key, []).append(value)
        answer = key == ("partial_json" if self._by_tool else "text")
        return Piece(value if answer else "", bool(value) and key != "signature")

    def body(self) -> JsonObject:
        return {**self._message, "content": [self._block(number) for number in self._blocks]}

    def _block(self, number: object) -> JsonObject:
        added = {key: "".join(texts) for key, texts in self._added.get(number, {}).items()}
        written = added.pop("partial_json", None)
        block = {**self._blocks[number], **added}
        if written:
            try:
                block["input"] = loads(written)
            except ValueError:
                block["input"] = written
        return block


def _object(value: object) -> JsonObject:
    return value if isinstance(value, dict) else {}
