"""Our Messages client against the package `anthropic` as its oracle: what goes over the wire is the same."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from prompteval.core.errors import ProviderError
from prompteval.core.request import Message, Request
from prompteval.core.tools import RequestedCall, Thought
from prompteval.providers.anthropic import create
from prompteval.providers.anthropic.batch import MessageBatches
from prompteval.providers.anthropic.body import MAX_TOKENS
from prompteval.providers.anthropic.schema import subset
from tests.hostile import Asked, Hostile, says
from tests.providers.native.oracle import KEY, PARAMETERS, SCHEMA, TOOL, Wire, sent, use

anthropic = pytest.importorskip("anthropic", reason="the package anthropic is not installed")
ANSWER = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-5-5", "stop_reason": "end_turn",
    "stop_sequence": None, "content": [{"type": "text", "text": "hi"}],
    "usage": {"input_tokens": 3, "output_tokens": 1},
}  # fmt: skip
TALK = (
    Message("system", "Be brief."), Message("user", "Weather in Köln and Rome?"),
    Message(
        "assistant", "Let me look.",
        (RequestedCall("call00001", "weather", '{"city": "Köln"}'), RequestedCall("call00002", "weather", '{"city": "Rome"}')),
        thoughts=(Thought("thinking", '["Two cities.", "sig1"]'), Thought("redacted_thinking", "opaque")),
    ),
    Message("tool", "rain", tool_call_id="call00001"), Message("tool", "sun", tool_call_id="call00002"),
)  # fmt: skip
TURNS = [
    {"role": "user", "content": "Weather in Köln and Rome?"},
    {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "Two cities.", "signature": "sig1"},
            {"type": "redacted_thinking", "data": "opaque"},
            {"type": "text", "text": "Let me look."},
            {"type": "tool_use", "id": "call00001", "name": "weather", "input": {"city": "Köln"}},
            {"type": "tool_use", "id": "call00002", "name": "weather", "input": {"city": "Rome"}},
        ],
    },
    {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "call00001", "content": "rain"},
            {"type": "tool_result", "tool_use_id": "call00002", "content": "sun"},
        ],
    },
]
OFFERED = [{"name": "weather", "description": "The weather now.", "input_schema": PARAMETERS, "strict": True}]
ASK = (Message("user", "Größe 日本 🤷"),)
# (our request, our profile, the arguments that the SDK is given by its own documentation).
CASES: list[tuple[Request, dict[str, Any], dict[str, Any]]] = [
    (Request("anthropic/m", ASK), {}, {"messages": [{"role": "user", "content": "Größe 日本 🤷"}], "max_tokens": MAX_TOKENS}),
    (
        Request("anthropic/m", ASK, {"max_output_tokens": 9, "stop": ["\n"], "reasoning_effort": "low", "service_tier": "auto"}, SCHEMA),
        {},
        {
            "messages": [{"role": "user", "content": "Größe 日本 🤷"}], "max_tokens": 9, "stop_sequences": ["\n"],
            "service_tier": "auto",
            "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": subset(SCHEMA)}},
        },
    ),
    (
        Request("anthropic/m", TALK, {"tool_choice": "required", "parallel_tool_calls": False}, tools=(TOOL,)),
        {},
        {
            "messages": TURNS, "max_tokens": MAX_TOKENS, "system": "Be brief.", "tools": OFFERED,
            "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
        },
    ),
    (
        Request("anthropic/m", ASK, {"tool_choice": "weather"}, tools=(TOOL,)),
        {"extra_body": {"thinking": {"type": "adaptive"}}},
        {
            "messages": [{"role": "user", "content": "Größe 日本 🤷"}], "max_tokens": MAX_TOKENS, "tools": OFFERED,
            "tool_choice": {"type": "tool", "name": "weather"}, "thinking": {"type": "adaptive"},
        },
    ),
    (
        Request("anthropic/m", ASK, schema=SCHEMA, schema_name="pick"),
        {"structured": "tool"},
        {
            "messages": [{"role": "user", "content": "Größe 日本 🤷"}], "max_tokens": MAX_TOKENS,
            "tools": [{"name": "pick", "input_schema": subset(SCHEMA), "strict": True}],
            "tool_choice": {"type": "tool", "name": "pick"},
        },
    ),
]  # fmt: skip
TOOL_ANSWER = {
    **ANSWER,
    "stop_reason": "tool_use",
    "content": [{"type": "tool_use", "id": "t", "name": "pick", "input": {}}],
}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_KEY", KEY)


@pytest.mark.parametrize(("request_", "keys", "arguments"), CASES)
def test_a_request_equals_the_sdks(
    request_: Request, keys: dict[str, Any], arguments: dict[str, Any]
) -> None:
    """Line, key, version, type and every value of the body."""
    ours = sent(create, request_, TOOL_ANSWER if "structured" in keys else ANSWER, **keys)
    with (
        Hostile(says(ANSWER)) as server,
        anthropic.Anthropic(base_url=server.url[:-3], api_key=KEY, max_retries=0) as client,
    ):
        client.messages.create(model="m", **arguments)
        theirs = Wire.of(server.asked[0])
    assert (ours.line, ours.body) == (theirs.line, theirs.body)
    for name in ("authorization", "anthropic-version", "content-type", "accept"):
        assert ours.headers[name] == theirs.headers[name], name


def test_schemas_are_those_of_the_sdk() -> None:
    """What the API cannot enforce is in the description, as the SDK's own transformation puts it."""
    from anthropic.lib._parse._transform import transform_schema

    schema = {
        "type": "object", "$defs": {"N": {"type": "integer", "minimum": 1}},
        "properties": {
            "n": {"$ref": "#/$defs/N"}, "s": {"type": "string", "pattern": "^a", "description": "S."},
            "d": {"type": "string", "format": "date"}, "c": {"const": "x"},
            "l": {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "null"}]}, "minItems": 2},
        },
        "required": ["n"], "additionalProperties": True,
    }  # fmt: skip
    assert subset(schema) == transform_schema(schema)
    assert subset(SCHEMA) == transform_schema(SCHEMA)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"seed": 1}, "seed"),
        ({"logprobs": True}, "logprobs"),
        ({"temperature": 0.0}, "temperature"),
        ({"reasoning_effort": "none"}, "xhigh"),
    ],
)
def test_what_the_api_does_not_have_is_never_left_out(params: dict[str, Any], told: str) -> None:
    """Nothing is sent, and the error names it."""
    with pytest.raises(ProviderError, match=told) as raised:
        sent(create, Request("anthropic/m", ASK, params), ANSWER)
    assert raised.value.kind == "unsupported" and not raised.value.retryable


def test_a_batch_equals_the_sdks(tmp_path: Path) -> None:
    """Its place, and every request with its parameters; the id of each is the hash of its key."""
    started = {
        "id": "msgbatch_1", "type": "message_batch", "processing_status": "in_progress", "request_counts": {},
        "created_at": "2026-11-28T00:00:00Z", "expires_at": "2026-11-29T00:00:00Z",
    }  # fmt: skip
    requests = [request for request, keys, _ in CASES[:3] if not keys]
    file = tmp_path / "batch.jsonl"

    async def submit(provider: Any) -> str:
        client = MessageBatches(provider)
        file.write_bytes(b"".join(client.line(request) for request in requests))
        try:
            return await client.submit(file, "run", 0)
        finally:
            await client.aclose()

    with Hostile(says(started)) as server:
        assert use(create, server, submit) == "msgbatch_1"
        ours = Wire.of(server.asked[0])
    ids = [request.key.removeprefix("sha256:") for request in requests]
    given = [
        {"custom_id": name, "params": {"model": "m", **arguments}}
        for name, (_, _, arguments) in zip(ids, CASES, strict=False)
    ]
    with (
        Hostile(says(started)) as server,
        anthropic.Anthropic(base_url=server.url[:-3], api_key=KEY, max_retries=0) as client,
    ):
        client.messages.batches.create(requests=given)
        theirs = Wire.of(server.asked[0])
    assert (ours.line, ours.body) == (theirs.line, theirs.body)


def test_a_batch_has_the_time_of_a_file_to_be_sent(tmp_path: Path) -> None:
    """Its body may be 32 MB: the time that a profile gives one call is not for it."""
    file = tmp_path / "batch.jsonl"

    def late(asked: Asked) -> Iterable[bytes]:
        time.sleep(1.0)
        return says({"id": "msgbatch_1"})(asked)

    async def submit(provider: Any) -> str:
        client = MessageBatches(provider)
        file.write_bytes(client.line(CASES[0][0]))
        try:
            return await client.submit(file, "run", 0)
        finally:
            await client.aclose()

    with Hostile(late) as server:
        assert use(create, server, submit, timeout_s=0.2) == "msgbatch_1"
