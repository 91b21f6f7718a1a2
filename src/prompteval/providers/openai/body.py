"""A request as the JSON body of a chat completion."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from prompteval.core.errors import ProviderError
from prompteval.core.params import PARAMS
from prompteval.core.request import Request
from prompteval.core.strict_json import JsonObject
from prompteval.providers.openai.files import chat_value
from prompteval.providers.openai.shape import Shape
from prompteval.providers.openai.tools import chat_tools

# The server's name of a neutral parameter, where it is another.
SERVER_NAMES: Final = {"max_output_tokens": "max_completion_tokens"}
PLAIN: Final = Shape()
# The instruction for a server that knows no schemas.
INSTRUCTION: Final = "Answer with one JSON object, and nothing else. It meets this JSON Schema:\n"
_NOT_A_NAME = re.compile(r"[^a-zA-Z0-9_-]")
LONGEST_NAME: Final = 64


def request_body(model: str, request: Request, shape: Shape = PLAIN) -> JsonObject:
    """The body as JSON values. Raises ProviderError(unsupported) for an unknown parameter."""
    body: JsonObject = {"model": model, "messages": message_values(request, shape)}
    for name, value in sent_params(request, shape):
        body[shape.names.get(name, SERVER_NAMES.get(name, name))] = value
    if shape.counted_logprobs and "logprobs" in body:
        wanted = max(body.pop("top_logprobs", 1), 1)
        body |= {"logprobs": wanted if body.pop("logprobs") else 0}
    if request.schema is not None:
        body |= _structured(request.schema, schema_name(request.schema_name), shape.structured)
    return shape.with_extra({**body, **chat_tools(request)})


def sent_params(request: Request, shape: Shape) -> Iterator[tuple[str, object]]:
    """(neutral name, value) of each parameter that is not dropped, the seed last.

    Raises ProviderError(unsupported) for an unknown one.
    """
    for name, value in request.params.items():
        if name not in PARAMS:
            known = ", ".join(sorted(PARAMS))
            raise ProviderError("unsupported", f"unknown parameter {name!r}; known: {known}")
        if name not in shape.drop:
            yield name, value
    if request.seed is not None and "seed" not in shape.drop:
        yield "seed", request.seed


def schema_name(name: str) -> str:
    """A name that servers take for a schema or a tool: 1 to 64 of the characters a-z, A-Z, 0-9, _ and -."""
    return _NOT_A_NAME.sub("_", name)[:LONGEST_NAME] or "output"


def _structured(schema: Mapping[str, object], name: str, how: str) -> JsonObject:
    if how == "json_schema":
        json_schema = {"name": name, "strict": True, "schema": dict(schema)}
        return {"response_format": {"type": "json_schema", "json_schema": json_schema}}
    if how == "tool":
        function = {"name": name, "strict": True, "parameters": dict(schema)}
        choice = {"type": "function", "function": {"name": name}}
        return {"tools": [{"type": "function", "function": function}], "tool_choice": choice}
    return {"response_format": {"type": "json_object"}} if how == "json_object" else {}


def message_values(request: Request, shape: Shape) -> list[JsonObject]:
    """The messages, with the schema in the system message where the server takes none."""
    return with_instruction([chat_value(message) for message in request.messages], request, shape)


def takes_instruction(request: Request, shape: Shape) -> bool:
    """Whether the schema goes into the messages."""
    return request.schema is not None and shape.structured in ("json_object", "prompt")


def with_instruction(messages: list[JsonObject], request: Request, shape: Shape) -> list[JsonObject]:
    """Messages of either API, with what a server that takes no schema is asked to keep to."""
    if request.schema is None or not takes_instruction(request, shape):
        return messages
    instruction = INSTRUCTION + json.dumps(request.schema)
    if messages and messages[0].get("role") == "system":
        messages[0] = {"role": "system", "content": f"{messages[0]['content']}\n\n{instruction}"}
        return messages
    return [{"role": "system", "content": instruction}, *messages]
