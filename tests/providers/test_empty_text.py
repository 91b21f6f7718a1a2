"""Calls of tools with a text that says nothing: the reply is only calls, in every form of it."""

import json

import pytest

from prompteval.core.errors import ProviderError
from tests.providers.test_filters import answered
from tests.providers.test_ugly_answers import ask

CALL = {"id": "t1", "type": "function", "function": {"name": "search", "arguments": "{}"}}
CUSTOM = {"id": "t1", "type": "custom", "custom": {"name": "search", "input": "x"}}


@pytest.mark.parametrize("content", [None, "", "\n ", "\u00a0"])
@pytest.mark.parametrize(
    "calls", [{"tool_calls": [CALL]}, {"tool_calls": [CUSTOM]}, {"function_call": CALL["function"]}]
)
def test_white_space_beside_calls_is_no_answer(content: str | None, calls: dict[str, object]) -> None:
    """As servers write the text of a reply that has none; a custom call names its tool elsewhere."""
    message = {"role": "assistant", "content": content, **calls}
    body = {"choices": [{"index": 0, "finish_reason": "tool_calls", "message": message}]}
    with pytest.raises(ProviderError) as raised:
        ask([answered(200, body)])
    assert raised.value.kind == "tool_calls_only", json.dumps(body)
