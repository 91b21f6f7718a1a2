"""Bodies as bytes, made with little work for each case."""

from copy import deepcopy

from prompteval.core.request import Request, chat_json
from prompteval.providers.openai.api import CHAT, api_of
from prompteval.providers.openai.body import PLAIN, takes_instruction
from prompteval.providers.openai.shape import Shape


class BodyWriter:
    """Bodies as bytes. What all cases of a target share is serialised once and joined to the messages."""

    def __init__(self, model: str, shape: Shape = PLAIN) -> None:
        self._model = model
        self._shape = shape
        self._api = api_of(shape)
        self._start = b'{"' + self._api.messages.encode("ascii") + b'":'
        # By identity of the shared parts, which are kept so that it stays theirs, with copies of them, so
        # that one that was changed in place is noticed.
        self._tails: dict[tuple[object, ...], tuple[bytes, object, object]] = {}

    def write(self, request: Request) -> bytes:
        """The API's body as ASCII JSON, byte for byte what `json.dumps` gives."""
        return self._joined(request, b"}")

    def write_stream(self, request: Request) -> bytes:
        """The same, asking for a stream."""
        return self._joined(request, b"," + _dumps(self._api.stream_fields(self._shape))[1:])

    def _joined(self, request: Request, end: bytes) -> bytes:
        parts = (request.params, request.schema, request.tools)
        shared = (
            id(request.params), id(request.schema), id(request.tools), request.schema_name, request.seed,
        )  # fmt: skip
        found = self._tails.get(shared)
        if found is None or found[2] != parts:
            found = (self._tail(request), parts, deepcopy(parts))
            self._tails[shared] = found
        return self._start + self._messages(request) + found[0] + end

    def _messages(self, request: Request) -> bytes:
        if not request.has_files and self._api is CHAT and not takes_instruction(request, self._shape):
            return f"[{','.join([message.chat_text for message in request.messages])}]".encode("ascii")
        return _dumps(self._api.message_values(request, self._shape))

    def _tail(self, request: Request) -> bytes:
        """Everything but the messages, from the comma on, without the closing brace."""
        body = self._api.body(self._model, request, self._shape)
        del body[self._api.messages]
        return b"," + _dumps(body)[1:-1]


def _dumps(value: object) -> bytes:
    return chat_json(value).encode("ascii")
