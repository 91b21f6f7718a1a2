"""The ways to ask a server: chat completions, the Responses API, and the Decisions API."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from prompteval.core.request import Request, Response
from prompteval.core.strict_json import JsonObject
from prompteval.providers.openai.body import message_values, request_body
from prompteval.providers.openai.chat_stream import ChatAssembly
from prompteval.providers.openai.decisions import decisions_body, decisions_input, no_stream, read_decision
from prompteval.providers.openai.reply import read_reply
from prompteval.providers.openai.responses_body import input_values, responses_body
from prompteval.providers.openai.responses_reply import read_response
from prompteval.providers.openai.responses_stream import ResponsesAssembly
from prompteval.providers.openai.shape import Shape
from prompteval.providers.openai.stream import Assembly


class Reader(Protocol):
    """Reads the reply in a body, as `read_reply` does."""

    def __call__(
        self,
        raw: object,
        excerpt: Callable[[], str],
        request_id: str | None,
        latency_ms: float,
        *,
        by_tool: bool = False,
    ) -> Response: ...


class Assemble(Protocol):
    """Begins to put the events of a stream together."""

    def __call__(self, *, by_tool: bool) -> Assembly: ...


@dataclass(frozen=True, slots=True)
class Api:
    """How one of them is written and read. `path` is below the base URL, `messages` a key of the body."""

    name: str
    path: str
    messages: str
    body: Callable[[str, Request, Shape], JsonObject]
    message_values: Callable[[Request, Shape], list[JsonObject]]
    read: Reader
    assemble: Assemble
    usage_on_request: bool

    def stream_fields(self, shape: Shape) -> JsonObject:
        """What a body has more where a stream is asked for."""
        asked = self.usage_on_request and shape.stream_usage
        return {"stream": True, **({"stream_options": {"include_usage": True}} if asked else {})}


CHAT: Final = Api(
    "chat",
    "chat/completions",
    "messages",
    request_body,
    message_values,
    read_reply,
    ChatAssembly,
    usage_on_request=True,
)
RESPONSES: Final = Api(
    "responses",
    "responses",
    "input",
    responses_body,
    input_values,
    read_response,
    ResponsesAssembly,
    usage_on_request=False,
)
DECISIONS: Final = Api(
    "decisions",
    "decisions",
    "input",
    decisions_body,
    decisions_input,
    read_decision,
    no_stream,
    usage_on_request=False,
)
_APIS: Final[Mapping[str, Api]] = {api.name: api for api in (CHAT, RESPONSES, DECISIONS)}


def api_of(shape: Shape) -> Api:
    """The way to ask that a server's shape names."""
    return _APIS[shape.api]
