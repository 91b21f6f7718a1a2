"""The Responses API, written from OpenAI's API reference: "Create a model response" and "The response object"."""

import json
from typing import Any

import pytest
from openai.types.responses import Response as SdkResponse

from prompteval.core.errors import ProviderError
from prompteval.core.request import Message, Request, Response
from prompteval.core.tools import RequestedCall
from prompteval.providers.openai.api import api_of
from prompteval.providers.openai.batch_lines import batch_line
from prompteval.providers.openai.body import INSTRUCTION
from prompteval.providers.openai.filters import filtered_reply
from prompteval.providers.openai.responses_reply import read_response
from prompteval.providers.openai.shape import shape_of
from prompteval.providers.openai.writer import BodyWriter
from prompteval.workspace.settings import ModelProfile

SCHEMA = {
    "type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False,
}  # fmt: skip
MESSAGES = (Message("system", "S"), Message("user", "u"))


def sent(params: Any = None, *, schema: Any = SCHEMA, seed: int | None = None, **keys: Any) -> dict[str, Any]:
    shape = shape_of(ModelProfile("m", api="responses", **keys))
    request = Request("m", MESSAGES, params or {}, schema, "pick it", seed)
    body = api_of(shape).body("x", request, shape)
    assert json.loads(BodyWriter("x", shape).write(request)) == body
    return body


def message(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "message",
        "id": "m",
        "role": "assistant",
        "status": "completed",
        "content": [*parts],
        **more,
    }


def text(words: str, *logprobs: float) -> dict[str, Any]:
    tokens = [{"token": "t", "bytes": [], "logprob": value, "top_logprobs": []} for value in logprobs]
    return {"type": "output_text", "text": words, "annotations": [], "logprobs": tokens}


def response(*output: Any, status: str = "completed", **more: Any) -> dict[str, Any]:
    usage = {
        "input_tokens": 36, "output_tokens": 87, "total_tokens": 123,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 64},
    }  # fmt: skip
    return {
        "id": "resp_1", "object": "response", "created_at": 1, "status": status, "error": None,
        "incomplete_details": None, "model": "x-1", "output": [*output], "usage": usage, "parallel_tool_calls": True,
        "tool_choice": "auto", "tools": [], **more,
    }  # fmt: skip


def read(raw: Any, *, by_tool: bool = False) -> Response:
    return read_response(raw, lambda: json.dumps(raw), "req", 1.0, by_tool=by_tool)


def test_a_request_has_its_input_and_its_schema_in_text_format() -> None:
    """Nothing is kept at the server, and the name of the schema is one that it takes."""
    body = sent({"max_output_tokens": 9, "temperature": 0})
    assert body == {
        "model": "x", "store": False, "max_output_tokens": 9, "temperature": 0,
        "input": [{"role": "system", "content": "S"}, {"role": "user", "content": "u"}],
        "text": {"format": {"type": "json_schema", "name": "pick_it", "strict": True, "schema": SCHEMA}},
    }  # fmt: skip


def test_parameters_have_their_places() -> None:
    """Effort in `reasoning`, verbosity beside the format, log probabilities by `include`."""
    params = {
        "reasoning_effort": "low",
        "verbosity": "low",
        "logprobs": True,
        "top_logprobs": 2,
        "service_tier": "flex",
    }
    body = sent(params, schema=None)
    assert (body["reasoning"], body["text"], body["include"]) == (
        {"effort": "low"}, {"verbosity": "low"}, ["message.output_text.logprobs"],
    )  # fmt: skip
    assert (body["top_logprobs"], body["service_tier"]) == (2, "flex") and "logprobs" not in body
    assert sent({"verbosity": "low"})["text"].keys() == {"verbosity", "format"}
    assert "include" not in sent({"logprobs": False})


def test_other_ways_to_ask_for_a_schema() -> None:
    """An object of any form, a function whose arguments are the answer, words alone."""
    instruction = {"role": "system", "content": "S\n\n" + INSTRUCTION + json.dumps(SCHEMA)}
    body = sent(structured="json_object")
    assert (body["text"], body["input"][0]) == ({"format": {"type": "json_object"}}, instruction)
    tool = sent(structured="tool")
    assert tool["tool_choice"] == {"type": "function", "name": "pick_it"} and "text" not in tool
    assert tool["tools"] == [{"type": "function", "name": "pick_it", "strict": True, "parameters": SCHEMA}]
    assert sent(structured="prompt")["input"][0] == instruction and "text" not in sent(structured="prompt")


def test_what_the_api_has_no_field_for_is_refused_unless_it_is_dropped_or_renamed() -> None:
    """`check` says so first; vLLM has two of them under their own names."""
    for name in ("stop", "frequency_penalty", "presence_penalty"):
        with pytest.raises(ProviderError, match=f"no parameter '{name}'"):
            sent({name: 1})
    with pytest.raises(ProviderError, match="no parameter 'seed'"):
        sent(seed=7)
    assert "seed" not in sent(seed=7, drop=("seed",)) and sent(seed=7, rename={"seed": "s"})["s"] == 7
    assert sent({"stop": ["x"]}, seed=7, preset="vllm").items() >= {"seed": 7}.items()


def test_a_preset_renames_nothing_there_that_it_renames_in_chat() -> None:
    """`max_tokens` is a name of chat completions alone."""
    assert sent({"max_output_tokens": 9}, preset="mistral")["max_output_tokens"] == 9


def test_a_reply_is_read_with_its_tokens() -> None:
    """Thoughts are items of their own; the form is one that OpenAI's client reads as well."""
    raw = response(
        {"type": "reasoning", "id": "r", "summary": []}, message(text("Pa", -0.5), text("ris", -0.25))
    )
    assert SdkResponse.model_validate(raw).output_text == "Paris"
    found = read(raw)
    assert (found.text, found.finish, found.model_reported, found.logprobs) == (
        "Paris",
        "stop",
        "x-1",
        (-0.5, -0.25),
    )
    assert found.usage is not None and found.details["request_id"] == "req"
    usage = found.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens, usage.reasoning_tokens) == (
        36,
        87,
        4,
        64,
    )


def test_remarks_before_the_answer_are_no_part_of_it() -> None:
    """A message whose phase is commentary."""
    found = read(
        response(message(text("Let me see."), phase="commentary"), message(text("4"), phase="final_answer"))
    )
    assert found.text == "4"


@pytest.mark.parametrize(
    ("reason", "finish"), [("max_output_tokens", "length"), ("content_filter", "content_filter")]
)
def test_an_incomplete_response_is_an_outcome(reason: str, finish: str) -> None:
    """Cut or filtered, with what there is of its text; also where nothing is."""
    for output in ([message(text("Pa"))], []):
        found = read(response(*output, status="incomplete", incomplete_details={"reason": reason}))
        assert (found.finish, found.text) == (finish, "Pa" if output else "")


def test_a_refusal_is_kept() -> None:
    """In a part of its own."""
    found = read(response(message({"type": "refusal", "refusal": "I cannot help with that."})))
    assert (found.text, found.refusal) == ("", "I cannot help with that.")


def test_a_function_call_is_the_answer_only_where_it_was_asked_for() -> None:
    """Otherwise it is a call of a tool that the prompt may have."""
    raw = response(
        {"type": "function_call", "id": "f", "call_id": "c", "name": "out", "arguments": '{"a": "b"}'}
    )
    assert read(raw, by_tool=True).text == '{"a": "b"}'
    found = read(raw)
    assert (found.text, found.finish) == ("", "tool_calls")
    assert found.tool_calls == (RequestedCall("c", "out", '{"a": "b"}'),)


@pytest.mark.parametrize(
    ("code", "kind", "retryable"),
    [
        ("server_error", "server", True), ("rate_limit_exceeded", "rate_limit", True),
        ("invalid_prompt", "bad_request", False), ("vector_store_timeout", "server", True),
    ],
)  # fmt: skip
def test_a_failed_response_is_an_error_of_its_kind(code: str, kind: str, retryable: bool) -> None:
    """In a body of status 200, and possibly paid for."""
    with pytest.raises(ProviderError, match="Words of the server") as raised:
        read(response(status="failed", error={"code": code, "message": "Words of the server."}))
    found = raised.value
    assert (found.kind, found.retryable, found.possibly_billed) == (kind, retryable, True)


def test_a_prompt_that_a_filter_stops_is_an_outcome() -> None:
    """As by a 400."""
    with pytest.raises(ProviderError, match=r"^Filtered\.$") as raised:
        read(response(status="failed", error={"code": "content_filter", "message": "Filtered."}))
    found = filtered_reply(raised.value)
    assert found is not None and (found.finish, found.reason) == ("content_filter", "Filtered.")


@pytest.mark.parametrize(
    "raw",
    [
        [], {}, {"output": None}, {"output": {}}, response(), response(None, 1, {"type": "message", "content": 1}),
        response(status="in_progress"), response(status="cancelled"), response(message({"type": "output_text", "text": 1}), status="queued"),
        response(status="incomplete"), response(status="incomplete", incomplete_details={"reason": ["x"]}),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_an_error(raw: Any) -> None:
    """Never an empty answer, and never another exception."""
    with pytest.raises(ProviderError) as raised:
        read(raw)
    assert raised.value.kind in ("bad_response", "empty")


def test_secrets_in_a_reply_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the text and in the refusal."""
    key = "sk-proj-" + "a1B2" * 12
    found = read(response(message(text(f"It is {key}."), {"type": "refusal", "refusal": key})))
    assert key not in found.text and key not in str(found.refusal)


def test_a_batch_asks_the_same_api() -> None:
    """Its lines name the endpoint, and hold the same body."""
    shape = shape_of(ModelProfile("m", api="responses", stream=True))
    line = json.loads(batch_line("x", Request("m", MESSAGES), shape))
    assert line["url"] == "/v1/responses" and "stream" not in line["body"] and line["body"]["input"]
