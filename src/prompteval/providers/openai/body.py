"""A request as the JSON body of a chat completion, made with little work for each case."""

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from prompteval.core.errors import ProviderError
from prompteval.core.params import PARAMS
from prompteval.core.request import Request
from prompteval.providers.openai.shape import Shape

# The server's name of a neutral parameter, where it is another.
SERVER_NAMES: Final = {"max_output_tokens": "max_completion_tokens"}
PLAIN: Final = Shape()
# The instruction for a server that knows no schemas.
INSTRUCTION: Final = "Answer with one JSON object, and nothing else. It meets this JSON Schema:\n"
_NOT_A_NAME = re.compile(r"[^a-zA-Z0-9_-]")
LONGEST_NAME: Final = 64


def request_body(model: str, request: Request, shape: Shape = PLAIN) -> dict[str, Any]:
    """The body as JSON values. Raises ProviderError(unsupported) for an unknown parameter."""
    body: dict[str, Any] = {"model": model, "messages": _messages(request, shape)}
    for name, value in request.params.items():
        if name not in PARAMS:
            known = ", ".join(sorted(PARAMS))
            raise ProviderError("unsupported", f"unknown parameter {name!r}; known: {known}")
        if name not in shape.drop:
            body[shape.names.get(name, SERVER_NAMES.get(name, name))] = value
    if request.seed is not None and "seed" not in shape.drop:
        body[shape.names.get("seed", "seed")] = request.seed
    if request.schema is not None:
        body |= _structured(request.schema, schema_name(request.schema_name), shape.structured)
    return {**body, **shape.extra_body}


def schema_name(name: str) -> str:
    """A name that servers take for a schema or a tool: 1 to 64 of the characters a-z, A-Z, 0-9, _ and -."""
    return _NOT_A_NAME.sub("_", name)[:LONGEST_NAME] or "output"


def _structured(schema: Mapping[str, Any], name: str, how: str) -> dict[str, Any]:
    if how == "json_schema":
        json_schema = {"name": name, "strict": True, "schema": dict(schema)}
        return {"response_format": {"type": "json_schema", "json_schema": json_schema}}
    if how == "tool":
        function = {"name": name, "strict": True, "parameters": dict(schema)}
        choice = {"type": "function", "function": {"name": name}}
        return {"tools": [{"type": "function", "function": function}], "tool_choice": choice}
    return {"response_format": {"type": "json_object"}} if how == "json_object" else {}


def _messages(request: Request, shape: Shape) -> list[dict[str, str]]:
    messages = [{"role": message.role, "content": message.content} for message in request.messages]
    if request.schema is None or shape.structured not in ("json_object", "prompt"):
        return messages
    instruction = INSTRUCTION + json.dumps(request.schema)
    if messages and messages[0]["role"] == "system":
        messages[0] = {"role": "system", "content": f"{messages[0]['content']}\n\n{instruction}"}
        return messages
    return [{"role": "system", "content": instruction}, *messages]


class BodyWriter:
    """Bodies as bytes. What all cases of a target share is serialised once and joined to the messages."""

    def __init__(self, model: str, shape: Shape = PLAIN) -> None:
        self._model = model
        self._shape = shape
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
        return b'{"messages":' + _dumps(_messages(request, self._shape)) + found[0]

    def _tail(self, request: Request) -> bytes:
        """Everything but the messages, from the comma on."""
        body = request_body(self._model, request, self._shape)
        del body["messages"]
        return b"," + _dumps(body)[1:]


# ASCII, so that a lone surrogate in a case is sent as its escape and not refused.
_encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode


def _dumps(value: Any) -> bytes:
    return _encode(value).encode("ascii")
