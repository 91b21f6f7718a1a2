"""A request as the JSON body of the Responses API.

Fields: the API reference of OpenAI, "Create a model response". What is asked is not kept at the server.
"""

from collections.abc import Mapping

from prompteval.core.errors import ProviderError
from prompteval.core.request import Request
from prompteval.core.strict_json import JsonObject
from prompteval.providers.openai.body import PLAIN, schema_name, sent_params, with_instruction
from prompteval.providers.openai.shape import Shape
from prompteval.providers.openai.tools import input_items, responses_tools
from prompteval.workspace.presets import NOT_IN_RESPONSES

LOGPROBS = "message.output_text.logprobs"
# Nothing is kept at the server: thoughts come encrypted, and go back with the results of the calls.
THOUGHTS = "reasoning.encrypted_content"
# Models that do not think refuse to be asked for it; those that do are known by the parameter.
_WITHOUT_THOUGHTS = (None, "none")


def responses_body(model: str, request: Request, shape: Shape = PLAIN) -> JsonObject:
    """The body as JSON values. Raises ProviderError(unsupported) for a parameter that it has no field for."""
    body: JsonObject = {"model": model, "input": input_values(request, shape), "store": False}
    text: JsonObject = {}
    for name, value in sent_params(request, shape):
        if name in shape.names:
            body[shape.names[name]] = value
        elif name in NOT_IN_RESPONSES:
            raise ProviderError("unsupported", f"the Responses API has no parameter {name!r}")
        elif name == "reasoning_effort":
            body["reasoning"] = {"effort": value}
        elif name == "verbosity":
            text["verbosity"] = value
        elif name != "logprobs":
            body[name] = value
        elif value:
            body["include"] = [LOGPROBS]
    if request.tools and request.params.get("reasoning_effort") not in _WITHOUT_THOUGHTS:
        body["include"] = [*body.get("include", ()), THOUGHTS]
    if request.schema is not None:
        name, how = schema_name(request.schema_name), shape.structured
        if how == "tool":
            body |= _tool(name, request.schema)
        elif how != "prompt":
            text["format"] = _format(name, request.schema, how)
    return shape.with_extra({**body, **({"text": text} if text else {}), **responses_tools(request)})


def input_values(request: Request, shape: Shape) -> list[JsonObject]:
    """The messages as items, with the schema in the system message where the server takes none."""
    return with_instruction(list(input_items(request.messages)), request, shape)


def _format(name: str, schema: Mapping[str, object], how: str) -> JsonObject:
    if how == "json_object":
        return {"type": "json_object"}
    return {"type": "json_schema", "name": name, "strict": True, "schema": dict(schema)}


def _tool(name: str, schema: Mapping[str, object]) -> JsonObject:
    tool = {"type": "function", "name": name, "strict": True, "parameters": dict(schema)}
    return {"tools": [tool], "tool_choice": {"type": "function", "name": name}}
