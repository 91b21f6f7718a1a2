"""A request as the JSON body of the Gemini API.

Fields: its API reference, "generateContent".
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from prompteval.core.errors import ProviderError
from prompteval.core.media import File
from prompteval.core.request import Message, Request
from prompteval.core.strict_json import JsonObject
from prompteval.providers.gemini.params import NAMES, param_fault
from prompteval.providers.openai.body import INSTRUCTION, sent_params
from prompteval.providers.openai.files import base64_of
from prompteval.providers.openai.shape import Shape

_MODES: Final = {"auto": "AUTO", "none": "NONE", "required": "ANY"}
# Its own name of a media type.
_NAMES: Final[Mapping[str, str]] = {"audio/mpeg": "audio/mp3"}
_ROLES: Final = {"user": "user", "assistant": "model", "tool": "user"}


def request_body(model: str, request: Request, shape: Shape) -> JsonObject:
    """The body as JSON values. Raises ProviderError(unsupported) for a parameter that it does not take."""
    body: JsonObject = {"contents": contents(request.messages)}
    if system := _system(request, shape):
        body["systemInstruction"] = {"parts": [{"text": text} for text in system]}
    config: JsonObject = {}
    for name, value in sent_params(request, shape):
        if wrong := param_fault(model, name, value):
            raise ProviderError("unsupported", wrong[0])
        if name == "reasoning_effort":
            config["thinkingConfig"] = {"thinkingLevel": str(value).upper()}
        elif name == "stop" and isinstance(value, str):
            config[NAMES[name]] = [value]
        elif name in NAMES:
            config[NAMES[name]] = value
    if request.schema is not None and shape.structured in ("json_schema", "json_object"):
        config["responseMimeType"] = "application/json"
    if request.schema is not None and shape.structured == "json_schema":
        config["responseJsonSchema"] = with_enums(request.schema)
    body |= _tools(request)
    return shape.with_extra({**body, **({"generationConfig": config} if config else {})})


def _system(request: Request, shape: Shape) -> list[str]:
    found = [message.content for message in request.messages if message.role == "system"]
    if request.schema is not None and shape.structured in ("json_object", "prompt"):
        found.append(INSTRUCTION + json.dumps(request.schema))
    return found


def _tools(request: Request) -> JsonObject:
    if not request.tools:
        return {}
    declared = [
        {
            "name": tool.name,
            "description": tool.description,
            "parametersJsonSchema": with_enums(tool.parameters),
        }
        for tool in request.tools
    ]
    chosen = request.params.get("tool_choice")
    tools = {"tools": [{"functionDeclarations": declared}]}
    if chosen is None:
        return tools
    named = {"mode": "ANY", "allowedFunctionNames": [chosen]}
    calling = {"mode": _MODES[chosen]} if chosen in _MODES else named
    return {**tools, "toolConfig": {"functionCallingConfig": calling}}


def contents(messages: Sequence[Message]) -> list[JsonObject]:
    """The messages but those of the system; those of one role that follow each other are one content."""
    names = {call.id: call.name for message in messages for call in message.tool_calls}
    found: list[JsonObject] = []
    for message in messages:
        if message.role == "system":
            continue
        role, parts = _ROLES[message.role], list(_parts(message, names))
        if message.role == "tool" and found and _holds_results(found[-1]):
            found[-1]["parts"] += parts
        else:
            found.append({"role": role, "parts": parts})
    return found


def _holds_results(content: JsonObject) -> bool:
    return any("functionResponse" in part for part in content["parts"])


def _parts(message: Message, names: Mapping[str, str]) -> Iterator[JsonObject]:
    if message.role == "tool":
        answered = {"id": message.tool_call_id, "name": names.get(message.tool_call_id, "")}
        yield {"functionResponse": {**answered, "response": {"result": message.content}}}
        return
    if message.files:
        yield from map(_shown, message.parts)
        return
    if message.content or not message.tool_calls:
        yield {"text": message.content}
    signatures = {thought.id: thought.encrypted for thought in message.thoughts}
    for number, call in enumerate(message.tool_calls):
        part: JsonObject = {"functionCall": {"id": call.id, "name": call.name, "args": call.read() or {}}}
        if str(number) in signatures:
            part["thoughtSignature"] = signatures[str(number)]
        yield part


def _shown(part: str | File) -> JsonObject:
    if isinstance(part, str):
        return {"text": part}
    kind = _NAMES.get(part.media_type, part.media_type)
    return {"inlineData": {"mimeType": kind, "data": base64_of(part)}}


def with_enums(schema: Mapping[str, object]) -> JsonObject:
    """A schema whose single values are enums of one: the API knows no `const`."""
    made = {key: _with_enums(value) for key, value in schema.items() if key != "const"}
    return {**made, **({"enum": [schema["const"]]} if "const" in schema else {})}


def _with_enums(value: object) -> object:
    if isinstance(value, Mapping):
        return with_enums(value)
    return [_with_enums(one) for one in value] if isinstance(value, list) else value
