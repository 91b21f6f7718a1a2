"""The events of a streamed response of the Responses API, put together.

Their names and fields: the API reference of OpenAI, "Streaming events".
"""

from prompteval.core.errors import ProviderError
from prompteval.core.strict_json import JsonObject
from prompteval.providers.openai.errors import bad_reply
from prompteval.providers.openai.responses_reply import failed_response, is_remark
from prompteval.providers.openai.stream import Piece

_LAST = frozenset({"response.completed", "response.incomplete", "response.failed", "response.cancelled"})


class ResponsesAssembly:
    """One response from its events; the last of them holds all of it."""

    def __init__(self, *, by_tool: bool) -> None:
        self._wanted = f"response.{'function_call_arguments' if by_tool else 'output_text'}.delta"
        self._remarks: set[str] = set()
        self._body: JsonObject | None = None

    @property
    def ended(self) -> bool:
        return self._body is not None

    def take(self, event: object) -> Piece:
        if not isinstance(event, dict):
            raise bad_reply("an event of the stream is not a JSON object", "")
        kind = event.get("type")
        if kind == "error" or not isinstance(kind, str):
            raise _error(event)
        if kind in _LAST:
            body = event.get("response")
            self._body = body if isinstance(body, dict) else {}
        item = event.get("item")
        if isinstance(item, dict) and is_remark(item):
            self._remarks.add(str(item.get("id")))
        delta = event.get("delta")
        if not kind.endswith(".delta") or not isinstance(delta, str):
            return Piece()
        shown = kind == self._wanted and str(event.get("item_id")) not in self._remarks
        return Piece(delta if shown else "", bool(delta))

    def body(self) -> JsonObject:
        if self._body is None:
            raise bad_reply("the stream ended before the answer did", "")
        return self._body


def _error(event: JsonObject) -> ProviderError:
    """An error in the middle of a stream: its fields are those of the event, or below `error`."""
    fields = {name: value for name, value in event.items() if name != "type"}
    return failed_response(event.get("error") or fields, "the stream holds an error", "")
