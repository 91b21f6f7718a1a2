"""A request as the JSON body of a chat completion, made with little work for each case."""

import json
from copy import deepcopy
from typing import Any

from prompteval.core.errors import ProviderError
from prompteval.core.request import Request

# Neutral name → the server's name.
PARAMS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_output_tokens": "max_completion_tokens",
    "stop": "stop",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "reasoning_effort": "reasoning_effort",
    "service_tier": "service_tier",
    "logprobs": "logprobs",
    "top_logprobs": "top_logprobs",
    "verbosity": "verbosity",
}


def request_body(model: str, request: Request) -> dict[str, Any]:
    """The body as JSON values. Raises ProviderError(unsupported) for an unknown parameter."""
    messages = [{"role": message.role, "content": message.content} for message in request.messages]
    body: dict[str, Any] = {"model": model, "messages": messages}
    for name, value in request.params.items():
        if name not in PARAMS:
            known = ", ".join(sorted(PARAMS))
            raise ProviderError("unsupported", f"parameter {name!r} is not known; known: {known}")
        body[PARAMS[name]] = value
    if request.seed is not None:
        body["seed"] = request.seed
    if request.schema is not None:
        schema = {"name": request.schema_name, "strict": True, "schema": dict(request.schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


class BodyWriter:
    """Bodies as bytes. What all cases of a target share is serialised once and joined to the messages."""

    def __init__(self, model: str) -> None:
        self._model = model
        # By identity of the shared parts, which are kept so that it stays theirs, with copies of them, so
        # that one that was changed in place is noticed.
        self._tails: dict[tuple[object, ...], tuple[bytes, Any, Any]] = {}

    def write(self, request: Request) -> bytes:
        """`request_body` as ASCII JSON, byte for byte what `json.dumps` gives."""
        parts = (request.params, request.schema)
        shared = (id(request.params), id(request.schema), request.schema_name, request.seed)
        found = self._tails.get(shared)
        if found is None or found[2] != parts:
            found = (self._tail(request), parts, deepcopy(parts))
            self._tails[shared] = found
        messages = [{"role": message.role, "content": message.content} for message in request.messages]
        return b'{"messages":' + _dumps(messages) + found[0]

    def _tail(self, request: Request) -> bytes:
        """Everything but the messages, from the comma on."""
        body = request_body(self._model, request)
        del body["messages"]
        return b"," + _dumps(body)[1:]


# ASCII, so that a lone surrogate in a case is sent as its escape and not refused.
_encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode


def _dumps(value: Any) -> bytes:
    return _encode(value).encode("ascii")
