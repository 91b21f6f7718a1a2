"""A request as the JSON body of Anthropic's Messages API.

Fields: its API reference, "Create a Message".
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from prompteval.core.errors import ProviderError
from prompteval.core.media import File, kind_of
from prompteval.core.request import Message, Request
from prompteval.core.strict_json import JsonObject, loads
from prompteval.core.tools import RequestedCall, Thought
from prompteval.providers.anthropic.params import param_fault
from prompteval.providers.anthropic.schema import subset
from prompteval.providers.openai.body import INSTRUCTION, schema_name, sent_params
from prompteval.providers.openai.files import base64_of
from prompteval.providers.openai.shape import Shape

# The API asks for a limit; without `max_output_tokens` it is this, in tokens.
MAX_TOKENS: Final = 8_192
_CHOICES: Final = {"auto": "auto", "none": "none", "required": "any"}


def request_body(model: str, request: Request, shape: Shape) -> JsonObject:
    """The body as JSON values. Raises ProviderError(unsupported) for a parameter that it does not take."""
    system, messages = _messages(request, shape)
    body: JsonObject = {"model": model, "messages": messages, "max_tokens": MAX_TOKENS}
    if system:
        body["system"] = system
    config: JsonObject = {}
    for name, value in sent_params(request, shape):
        if wrong := param_fault(model, name, value):
            raise ProviderError("unsupported", wrong[0])
        if name == "max_output_tokens":
            body["max_tokens"] = value
        elif name == "stop":
            body["stop_sequences"] = [value] if isinstance(value, str) else value
        elif name == "reasoning_effort":
            config["effort"] = value
        elif name not in ("tool_choice", "parallel_tool_calls"):
            body[name] = value
    body |= _tools(request)
    if request.schema is not None and shape.structured == "json_schema":
        config["format"] = {"type": "json_schema", "schema": subset(request.schema)}
    elif request.schema is not None and shape.structured == "tool":
        name = schema_name(request.schema_name)
        body["tools"] = [{"name": name, "input_schema": subset(request.schema), "strict": True}]
        body["tool_choice"] = {"type": "tool", "name": name}
    return shape.with_extra({**body, **({"output_config": config} if config else {})})


def _tools(request: Request) -> JsonObject:
    if not request.tools:
        return {}
    tools = [
        {
            "name": tool.name,
            "description": tool.description,
            "input_schema": subset(tool.parameters),
            "strict": True,
        }
        for tool in request.tools
    ]
    chosen = request.params.get("tool_choice")
    choice: JsonObject = {}
    if chosen is not None:
        named = {"type": "tool", "name": chosen}
        choice = {"type": _CHOICES[chosen]} if chosen in _CHOICES else named
    if request.params.get("parallel_tool_calls") is False and chosen != "none":
        choice = {**(choice or {"type": "auto"}), "disable_parallel_tool_use": True}
    return {"tools": tools, **({"tool_choice": choice} if choice else {})}


def _messages(request: Request, shape: Shape) -> tuple[str, list[JsonObject]]:
    """(the text of all system messages, the others as the API takes them)."""
    system = [message.content for message in request.messages if message.role == "system"]
    if request.schema is not None and shape.structured == "prompt":
        system.append(INSTRUCTION + json.dumps(request.schema))
    return "\n\n".join(system), turns(request.messages)


def turns(messages: Sequence[Message]) -> list[JsonObject]:
    """The messages but those of the system; results of calls that follow each other are one message."""
    found: list[JsonObject] = []
    results: list[JsonObject] | None = None
    for message in messages:
        if message.role == "tool":
            if results is None:
                results = []
                found.append({"role": "user", "content": results})
            result = {"type": "tool_result", "tool_use_id": message.tool_call_id, "content": message.content}
            results.append(result)
            continue
        results = None
        if message.role != "system":
            found.append({"role": message.role, "content": _content(message)})
    return found


def _content(message: Message) -> str | list[JsonObject]:
    if message.files:
        return [_block(part) for part in message.parts]
    if not message.tool_calls:
        return message.content
    text = [{"type": "text", "text": message.content}] if message.content else []
    thoughts = [block for thought in message.thoughts for block in _thought(thought)]
    return [*thoughts, *text, *(_call(call) for call in message.tool_calls)]


def _block(part: str | File) -> JsonObject:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    kind = "image" if kind_of(part.media_type) == "image" else "document"
    return {
        "type": kind,
        "source": {"type": "base64", "media_type": part.media_type, "data": base64_of(part)},
    }


def _call(call: RequestedCall) -> JsonObject:
    arguments: Mapping[str, object] = call.read() or {}
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": dict(arguments)}


def _thought(thought: Thought) -> Iterator[JsonObject]:
    """A block of thoughts as the API gave it (see `reply`); none for what a recording changed."""
    if thought.id == "redacted_thinking":
        yield {"type": "redacted_thinking", "data": thought.encrypted}
        return
    try:
        found = loads(thought.encrypted)
    except ValueError:
        return
    if isinstance(found, list) and len(found) == 2:
        yield {"type": "thinking", "thinking": found[0], "signature": found[1]}
