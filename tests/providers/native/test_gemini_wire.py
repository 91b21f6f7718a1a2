"""Our Gemini client against the package `google-genai` as its oracle: what goes over the wire is the same."""

from pathlib import Path
from typing import Any

import pytest

from prompteval.core.errors import ProviderError
from prompteval.core.request import Message, Request
from prompteval.core.tools import RequestedCall, Thought
from prompteval.providers.gemini import create
from prompteval.providers.gemini.batch import ContentBatches
from prompteval.providers.hosted.provider import HostedProvider
from tests.hostile import Hostile, says
from tests.providers.native.oracle import KEY, PARAMETERS, SCHEMA, TOOL, Wire, camel, sent, use

genai = pytest.importorskip("google.genai", reason="the package google-genai is not installed")
ANSWER = {"candidates": [{"content": {"role": "model", "parts": [{"text": "hi"}]}, "finishReason": "STOP"}]}
ASK = (Message("user", "Größe 日本 🤷"),)
CONTENT = [{"role": "user", "parts": [{"text": "Größe 日本 🤷"}]}]
TALK = (
    Message("system", "Be brief."), Message("user", "Weather?"),
    Message(
        "assistant", "Let me look.",
        (RequestedCall("call00001", "weather", '{"city": "Köln"}'), RequestedCall("call00002", "weather", '{"city": "Rome"}')),
        thoughts=(Thought("0", "c2lnbmVk"),),
    ),
    Message("tool", "rain", tool_call_id="call00001"), Message("tool", "sun", tool_call_id="call00002"),
)  # fmt: skip
CALLS = [
    {"text": "Let me look."},
    {
        "functionCall": {"id": "call00001", "name": "weather", "args": {"city": "Köln"}},
        "thoughtSignature": "c2lnbmVk",
    },
    {"functionCall": {"id": "call00002", "name": "weather", "args": {"city": "Rome"}}},
]
RESULTS = [
    {"functionResponse": {"id": "call00001", "name": "weather", "response": {"result": "rain"}}},
    {"functionResponse": {"id": "call00002", "name": "weather", "response": {"result": "sun"}}},
]
DECLARED = [
    {
        "functionDeclarations": [
            {"name": "weather", "description": "The weather now.", "parametersJsonSchema": PARAMETERS}
        ]
    }
]
# (our request, the contents and the configuration that the SDK is given by its own documentation).
CASES: list[tuple[Request, list[Any], dict[str, Any]]] = [
    (Request("gemini/m", ASK), CONTENT, {}),
    (
        Request("gemini/m", ASK, {"temperature": 0.5, "top_p": 0.9, "max_output_tokens": 9, "stop": ["\n"], "frequency_penalty": 0.1,
                                  "presence_penalty": 0.2, "logprobs": True, "top_logprobs": 3, "reasoning_effort": "low"}, SCHEMA, seed=7),
        CONTENT,
        {"temperature": 0.5, "top_p": 0.9, "max_output_tokens": 9, "stop_sequences": ["\n"], "frequency_penalty": 0.1,
         "presence_penalty": 0.2, "response_logprobs": True, "logprobs": 3, "seed": 7, "thinking_config": {"thinking_level": "LOW"},
         "response_mime_type": "application/json", "response_json_schema": SCHEMA},
    ),
    (
        Request("gemini/m", TALK, {"tool_choice": "required"}, tools=(TOOL,)),
        [{"role": "user", "parts": [{"text": "Weather?"}]}, {"role": "model", "parts": CALLS}, {"role": "user", "parts": RESULTS}],
        {"system_instruction": {"parts": [{"text": "Be brief."}]}, "tools": DECLARED, "tool_config": {"function_calling_config": {"mode": "ANY"}}},
    ),
    (
        Request("gemini/m", ASK, {"tool_choice": "weather"}, tools=(TOOL,)),
        CONTENT,
        {"tools": DECLARED, "tool_config": {"function_calling_config": {"mode": "ANY", "allowed_function_names": ["weather"]}}},
    ),
]  # fmt: skip


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_KEY", KEY)
    for name in ("GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI"):
        monkeypatch.delenv(name, raising=False)


def theirs(server: Hostile, contents: list[Any], config: dict[str, Any], *, stream: bool = False) -> Wire:
    from google.genai import types

    options = types.HttpOptions(base_url=server.url[:-3], api_version="v1beta")
    client = genai.Client(api_key=KEY, http_options=options, vertexai=False)
    given: Any = types.GenerateContentConfig(**config) if config else None
    if stream:
        list(client.models.generate_content_stream(model="m", contents=contents, config=given))
    else:
        client.models.generate_content(model="m", contents=contents, config=given)
    client.close()
    found = Wire.of(server.asked[-1])
    body = {key: value for key, value in camel(found.body).items() if value != {}}
    return Wire(found.line, found.headers, body)


@pytest.mark.parametrize(("request_", "contents", "config"), CASES)
def test_a_request_equals_the_sdks(request_: Request, contents: list[Any], config: dict[str, Any]) -> None:
    """Line, key, type and every value of the body."""
    ours = sent(create, request_, ANSWER)
    with Hostile(says(ANSWER)) as server:
        oracle = theirs(server, contents, config)
    assert (ours.line, ours.body) == (oracle.line, oracle.body)
    for name in ("x-goog-api-key", "content-type"):
        assert ours.headers[name] == oracle.headers[name], name


def test_a_stream_is_asked_for_where_the_sdk_asks_for_it() -> None:
    """The method of its own, as server-sent events."""
    ours = sent(create, CASES[0][0], ANSWER, stream=True)
    with Hostile(says(ANSWER)) as server:
        oracle = theirs(server, CONTENT, {}, stream=True)
    assert (ours.line, ours.body) == (oracle.line, oracle.body)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"verbosity": "low"}, "verbosity"),
        ({"parallel_tool_calls": True}, "parallel_tool_calls"),
        ({"reasoning_effort": "max"}, "minimal"),
    ],
)
def test_what_the_api_does_not_have_is_never_left_out(params: dict[str, Any], told: str) -> None:
    """Nothing is sent, and the error names it."""
    with pytest.raises(ProviderError, match=told) as raised:
        sent(create, Request("gemini/m", ASK, params), ANSWER)
    assert raised.value.kind == "unsupported"


def test_a_batch_equals_the_sdks(tmp_path: Path) -> None:
    """Line, key and every value of the body; the parts of a request are those that it has alone."""
    from google.genai import types

    request_, _, config = CASES[1]
    started = {"name": "batches/b", "metadata": {"state": "BATCH_STATE_PENDING"}}

    async def submit(model: HostedProvider) -> str:
        client = ContentBatches(model)
        (tmp_path / "lines").write_bytes(client.line(request_))
        try:
            return await client.submit(tmp_path / "lines", "r", 3)
        finally:
            await client.aclose()

    with Hostile(says(started)) as server:
        assert use(create, server, submit) == "b"
        ours = Wire.of(server.asked[0])
    contents: Any = CONTENT
    given = types.InlinedRequest(
        contents=contents, metadata={"key": request_.key}, config=types.GenerateContentConfig(**config)
    )
    with Hostile(says(started)) as server:
        options = types.HttpOptions(base_url=server.url[:-3], api_version="v1beta")
        client = genai.Client(api_key=KEY, http_options=options, vertexai=False)
        client.batches.create(model="m", src=[given], config={"display_name": "prompteval r 3"})
        client.close()
        oracle = Wire.of(server.asked[0])
    assert ours.line == oracle.line
    assert ours.headers["x-goog-api-key"] == oracle.headers["x-goog-api-key"]
    assert ours.body == camel(oracle.body)


def test_what_a_profile_adds_is_joined_with_what_a_prompt_says() -> None:
    """Inside the configuration too: neither the schema nor a parameter is lost."""
    extra = {"generationConfig": {"topK": 4}, "safetySettings": []}
    config = sent(create, CASES[1][0], ANSWER, extra_body=extra).body["generationConfig"]
    assert config == {**sent(create, CASES[1][0], ANSWER).body["generationConfig"], "topK": 4}
