"""F38: each field of a response and of each event of a stream with each wrong value."""

from collections.abc import Callable
from typing import Any

import pytest

from prompteval.core.errors import ProviderError
from prompteval.core.request import Response
from prompteval.core.strict_json import loads
from prompteval.providers.openai.api import api_of
from prompteval.providers.openai.responses_reply import read_response
from prompteval.providers.openai.shape import Shape
from tests.faults.test_hostile_replies import spoilt, storable

WHOLE_RESPONSE = {
    "id": "r", "status": "completed", "error": {"code": "c", "message": "m"}, "model": "m",
    "incomplete_details": {"reason": "max_output_tokens"},
    "output": [
        {"type": "reasoning", "id": "t", "summary": []},
        {"type": "function_call", "name": "f", "arguments": "{}"},
        {"type": "message", "id": "m", "phase": "final_answer", "content": [
            {"type": "output_text", "text": "x", "logprobs": [{"token": "x", "logprob": -0.5}]},
            {"type": "refusal", "refusal": "no"},
        ]},
    ],
    "usage": {
        "input_tokens": 1, "output_tokens": 1, "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    },
}  # fmt: skip


@pytest.mark.parametrize("by_tool", [False, True])
@pytest.mark.parametrize("left_out", ["", "error", "incomplete_details"])
def test_f38_a_response_with_any_value_anywhere(left_out: str, by_tool: bool) -> None:
    """As a chat completion: with an error, cut, or whole."""
    body = {name: value for name, value in WHOLE_RESPONSE.items() if name not in ("error", left_out)}
    found = [_read(lambda raw=raw: read_response(loads_any(raw), lambda: "", None, 0.0, by_tool=by_tool))
             for raw in spoilt(WHOLE_RESPONSE if left_out == "" else body)]  # fmt: skip
    for one in found:
        storable(one)
    assert any(isinstance(one, ProviderError) for one in found)
    assert any(isinstance(one, Response) for one in found)


EVENTS: dict[str, list[dict[str, Any]]] = {
    "chat": [
        {"choices": [{"index": 0, "delta": {"content": "x", "reasoning": "t", "refusal": None, "tool_calls": [
            {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
            "finish_reason": None, "logprobs": {"content": [{"logprob": -1}]}}], "model": "m"},
        {"choices": [], "usage": {"prompt_tokens": 1}},
    ],
    "responses": [
        {"type": "response.output_item.added", "item": {"type": "message", "id": "m", "phase": "commentary"}},
        {"type": "response.output_text.delta", "item_id": "m", "delta": "x"},
        {"type": "error", "code": "c", "message": "m", "error": {"code": "c"}},
        {"type": "response.completed", "response": {"status": "completed", "output": []}},
    ],
}  # fmt: skip


@pytest.mark.parametrize("by_tool", [False, True])
@pytest.mark.parametrize(("api", "number"), [("chat", 0), ("chat", 1), *(("responses", i) for i in range(4))])
def test_f38_an_event_of_a_stream_with_any_value_anywhere(api: str, number: int, by_tool: bool) -> None:
    """What it brings, or an error of its kind; and the body in the end is read like any other."""
    chosen = api_of(Shape(api=api))

    def one(raw: bytes) -> Response:
        assembly = chosen.assemble(by_tool=by_tool)
        assembly.take(loads_any(raw))
        return chosen.read(assembly.body(), lambda: "", None, 0.0, by_tool=by_tool)

    found = [_read(lambda raw=raw: one(raw)) for raw in spoilt(EVENTS[api][number])]
    for result in found:
        storable(result)
    assert any(isinstance(result, ProviderError) for result in found)


def _read(work: Callable[[], Response]) -> Response | ProviderError:
    try:
        return work()
    except ProviderError as error:
        return error


def loads_any(raw: bytes) -> Any:
    """As the provider reads a body; one that is no JSON is none of these tests' matter."""
    try:
        return loads(raw.decode("utf-8", "replace"), nan_is_null=True)
    except ValueError:
        return None
