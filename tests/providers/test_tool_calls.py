"""Tools in requests and calls in replies, over real sockets: chat completions and responses, whole and streamed."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from prompteval.core.errors import OutputError, ProviderError
from prompteval.core.request import Message, Request, Response
from prompteval.core.response_json import check_request, response_as_json, response_from_json
from prompteval.core.tools import RequestedCall, ToolDefinition
from prompteval.providers.openai import create
from prompteval.providers.openai.batch_lines import read_result
from prompteval.providers.openai.calls import MOST_CALLS, read_calls
from prompteval.providers.openai.provider import OpenAIProvider
from prompteval.testing.server import FakeServer, Reply
from prompteval.workspace.settings import ModelProfile

PARAMETERS = {
    "type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"], "additionalProperties": False,
}  # fmt: skip
TOOLS = (ToolDefinition("look", "Look it up.", PARAMETERS), ToolDefinition("pay", "", PARAMETERS))
ASK = Request("m", (Message("user", "go"),), tools=TOOLS)
CALLS = (RequestedCall("call00001", "look", '{"id": 1}'), RequestedCall("call00002", "pay", "{"))
TALK = (
    Message("user", "go"), Message("assistant", "Let me see.", CALLS),
    Message("tool", "found", tool_call_id="call00001"), Message("tool", "{}", tool_call_id="call00002"),
)  # fmt: skip
SCRIPT = [Reply("go", tool_calls=[[("look", {"id": 1}), ("pay", "{")]], text="done")]
WAYS = [("chat", False), ("chat", True), ("responses", False), ("responses", True)]
each_way = pytest.mark.parametrize(("api", "stream"), WAYS)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_KEY", "sk-test-0123456789abcdef")


def provider(server: FakeServer, **keys: Any) -> OpenAIProvider:
    return create("fake", ModelProfile("m", base_url=server.url, api_key_env="OUR_KEY", **keys), Path())


def ask(server: FakeServer, request: Request, **keys: Any) -> Response:
    async def run() -> Response:
        made = provider(server, **keys)
        try:
            return await made.complete(request)
        finally:
            await made.aclose()

    return asyncio.run(run())


@each_way
def test_calls_side_by_side_are_read(api: str, stream: bool) -> None:
    """Name, id and the very text of the arguments of each, JSON or not, in order."""
    with FakeServer(SCRIPT) as server:
        found = ask(server, ASK, api=api, stream=stream)
    assert (found.text, found.finish) == ("", "tool_calls")
    assert [(call.name, call.arguments) for call in found.tool_calls] == [("look", '{"id": 1}'), ("pay", "{")]
    assert len({call.id for call in found.tool_calls}) == 2


@each_way
def test_what_came_of_them_is_sent_back(api: str, stream: bool) -> None:
    """The conversation with calls and results, in the form of the API, gets the answer."""
    with FakeServer(SCRIPT) as server:
        found = ask(server, Request("m", TALK, tools=TOOLS), api=api, stream=stream)
        (body,) = server.requests
    assert (found.text, found.tool_calls) == ("done", ())
    if api == "chat":
        assert body["messages"] == [message.as_chat() for message in TALK]
        assert body["messages"][1]["tool_calls"][0]["function"] == {"name": "look", "arguments": '{"id": 1}'}
        assert body["messages"][2] == {"role": "tool", "content": "found", "tool_call_id": "call00001"}
    else:
        kinds = [item.get("type", item.get("role")) for item in body["input"]]
        assert kinds == ["user", "assistant", *["function_call"] * 2, *["function_call_output"] * 2]
        assert body["input"][4] == {"type": "function_call_output", "call_id": "call00001", "output": "found"}


@pytest.mark.parametrize(
    ("choice", "chat", "responses"),
    [
        (None, None, None),
        ("required", "required", "required"),
        ("pay", {"type": "function", "function": {"name": "pay"}}, {"type": "function", "name": "pay"}),
    ],
)
def test_tools_and_their_choice_are_sent_in_the_form_of_each_api(
    choice: Any, chat: Any, responses: Any
) -> None:
    """Strict definitions; the choice of one tool is an object; calls side by side may be forbidden."""
    params = {"parallel_tool_calls": False, **({"tool_choice": choice} if choice else {})}
    with FakeServer() as server:
        for api in ("chat", "responses"):
            ask(server, Request("m", ASK.messages, params, tools=TOOLS), api=api)
        one, other = server.requests
    assert one["tools"][0]["function"] == {
        "name": "look", "description": "Look it up.", "parameters": PARAMETERS, "strict": True,
    }  # fmt: skip
    assert other["tools"][0] == {"type": "function", **one["tools"][0]["function"]}
    assert (one.get("tool_choice"), other.get("tool_choice")) == (chat, responses)
    assert one["parallel_tool_calls"] is other["parallel_tool_calls"] is False


def test_a_request_without_tools_has_none_and_takes_no_calls() -> None:
    """S12: nothing is offered by default, and calls that come all the same are the error they always were."""
    body = {"choices": [{"message": {"content": None, "tool_calls": [CALLS[0].as_chat()]}}]}
    with FakeServer() as server:
        ask(server, Request("m", ASK.messages))
        assert "tools" not in server.requests[0]
    line = {"custom_id": ASK.key, "response": {"status_code": 200, "body": body}}
    _, found = read_result(json.dumps(line).encode())
    assert isinstance(found, Response) and found.tool_calls == CALLS[:1]


@pytest.mark.parametrize(
    ("calls", "message"),
    [
        ([{"function": {"arguments": "{}"}}], "a call without the name of a tool"),
        (["look"], "a call without the name of a tool"),
        ([{"function": {"name": "look"}}] * (MOST_CALLS + 1), "1,001 calls of tools"),
    ],
)
def test_calls_that_are_none_are_a_bad_reply(calls: Any, message: str) -> None:
    """Whatever a server writes there is a reply or an error that may pass."""
    with pytest.raises(ProviderError, match=message) as raised:
        read_calls(calls, lambda: "")
    assert (raised.value.kind, raised.value.retryable) == ("bad_response", True)


def test_arguments_may_be_an_object_or_absent() -> None:
    """As some servers write them; an old `function_call` is one call."""
    (call,) = read_calls({"name": "look", "arguments": {"id": 1}}, lambda: "")
    assert call == RequestedCall("", "look", '{"id": 1}')
    assert read_calls([{"id": "x", "function": {"name": "look"}}], lambda: "")[0].arguments == ""


def test_a_stream_of_text_says_that_calls_are_elsewhere() -> None:
    """A reply that calls tools is not lost where only its text is streamed."""

    async def pieces(server: FakeServer) -> list[str]:
        made = provider(server)
        try:
            return [piece async for piece in made.stream(ASK)]
        finally:
            await made.aclose()

    with FakeServer(SCRIPT) as server, pytest.raises(OutputError, match="use run") as raised:
        asyncio.run(pieces(server))
    assert raised.value.kind == "tool_calls"


def test_calls_are_kept_in_cache_and_recording() -> None:
    """The stored form of replies and requests holds them, and nothing of them where there are none."""
    reply = Response("x", tool_calls=CALLS)
    assert response_from_json(response_as_json(reply), "cache").tool_calls == CALLS
    assert "tool_calls" not in response_as_json(Response("x"))
    check_request(Request("m", TALK, tools=TOOLS).as_json())
    for wrong in ([{"id": "x"}], "x", [{"id": 1, "name": "a", "arguments": ""}]):
        with pytest.raises(ValueError, match="tool_calls is not a list of calls"):
            response_from_json({"text": "", "tool_calls": wrong}, "cache")
