"""F38: one form of a reply for cache, recordings and batches, each field held to its type."""

from dataclasses import replace
from typing import Any

import pytest

from prompteval.core.request import Message, Request, Response, Usage
from prompteval.core.response_json import check_request, response_as_json, response_from_json
from prompteval.core.tools import RequestedCall, Thought

FULL = Response(
    "text \ud800", "length", "gpt-x", Usage(5, 2, 1, 0, True), 12.5, (-0.5, -1.0), "no", "why", 0.75, {"request_id": "r"}
)  # fmt: skip
WRONG: list[Any] = [
    [], {}, {"a": 1}, "x", True, -1, float("nan"), float("inf"), int("9" * 400), [None], ["x"], {"prompt_tokens": -1},
]  # fmt: skip


CALLS = replace(FULL, tool_calls=(RequestedCall("i", "f", "{}"),), thoughts=(Thought("rs_1", "gAAA"),))


@pytest.mark.parametrize("response", [FULL, CALLS, Response(""), replace(FULL, details={"attempts": 3})])
def test_a_reply_comes_back_as_it_was(response: Response) -> None:
    """All but what tells of the calls made for it."""
    found = response_from_json(response_as_json(response), "replay")
    told = {name: value for name, value in response.details.items() if name != "attempts"}
    assert found == replace(response, served_by="replay", details=told)


@pytest.mark.parametrize("name", sorted(response_as_json(CALLS)))
@pytest.mark.parametrize("value", WRONG, ids=lambda value: str(value)[:12])
def test_f38_a_field_of_a_wrong_type_is_a_value_error(name: str, value: Any) -> None:
    """Every field, with every wrong value: refused by name, or the value is one it may have."""
    try:
        found = response_from_json({**response_as_json(CALLS), name: value}, "replay")
    except ValueError as error:
        assert name in str(error) or name == "text" or "token" in str(error)
    else:
        assert found == response_from_json(response_as_json(found), "replay")


@pytest.mark.parametrize(
    "raw", [None, [], "x", 1, {"text": "x", "served_by": "live"}, {"text": "x", "other": 1}, {}]
)
def test_f38_what_is_no_reply_is_a_value_error(raw: Any) -> None:
    """No object, an unknown field, no text."""
    with pytest.raises(ValueError):
        response_from_json(raw, "cache")


@pytest.mark.parametrize(
    "name", ["messages", "params", "schema", "seed", "replicate", "model", "schema_name", "identity"]
)
@pytest.mark.parametrize(
    "value", ["x", [], [1], [["user"]], [["user", 1]], 1.5, {"a": 1}, [["user", "x", "y"]]]
)
def test_f38_a_request_is_held_to_its_types(name: str, value: Any) -> None:
    """A recorded request with a wrong field is refused, or may be replayed."""
    raw = Request("m", (Message("user", "x"),)).as_json()
    check_request(raw)
    try:
        check_request({**raw, name: value})
    except ValueError:
        return
    assert isinstance(value, {"messages": list, "params": dict, "schema": dict}.get(name, str))
