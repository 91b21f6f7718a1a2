"""Tools, calls of them and their results in the requests of OpenAI's APIs.

Forms: the API reference of OpenAI, "Create chat completion" and "Create a model response".
"""

from collections.abc import Iterator, Sequence

from prompteval.core.params import TOOL_CHOICES
from prompteval.core.request import Message, Request
from prompteval.core.strict_json import JsonObject
from prompteval.providers.openai.files import responses_content


def chat_tools(request: Request) -> JsonObject:
    """The fields of a chat completion for the tools of a request, its choice among them."""
    if not request.tools:
        return {}
    tools = [{"type": "function", "function": {**tool.as_json(), "strict": True}} for tool in request.tools]
    choice = request.params.get("tool_choice")
    if choice is None or choice in TOOL_CHOICES:
        return {"tools": tools}
    return {"tools": tools, "tool_choice": {"type": "function", "function": {"name": choice}}}


def responses_tools(request: Request) -> JsonObject:
    """The same of the Responses API."""
    if not request.tools:
        return {}
    tools = [{"type": "function", **tool.as_json(), "strict": True} for tool in request.tools]
    choice = request.params.get("tool_choice")
    if choice is None or choice in TOOL_CHOICES:
        return {"tools": tools}
    return {"tools": tools, "tool_choice": {"type": "function", "name": choice}}


def input_items(messages: Sequence[Message]) -> Iterator[JsonObject]:
    """Messages as items of the Responses API: thoughts, a call and its result are items of their own."""
    for message in messages:
        if message.role == "tool":
            output = {"call_id": message.tool_call_id, "output": message.content}
            yield {"type": "function_call_output", **output}
            continue
        for thought in message.thoughts:
            encrypted = {"id": thought.id, "summary": [], "encrypted_content": thought.encrypted}
            yield {"type": "reasoning", **encrypted}
        if message.content or not message.tool_calls:
            yield {"role": message.role, "content": responses_content(message)}
        for call in message.tool_calls:
            named = {"call_id": call.id, "name": call.name, "arguments": call.arguments}
            yield {"type": "function_call", **named}
