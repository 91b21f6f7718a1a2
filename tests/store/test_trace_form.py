"""What a system did for a case is read back as it was stored."""

from prompteval.core.trace import ToolCall, Trace
from prompteval.store.trace_form import trace_from, trace_values


def test_calls_of_tools_come_back_with_what_could_not_be_read() -> None:
    """A call keeps its step, its result, and the text of arguments that are not a JSON object."""
    calls = (ToolCall("refund", {"id": 1}, {"ok": True}, 0), ToolCall("refund", {}, None, 1, unread='{"id":'))
    values = trace_values(Trace(tool_calls=calls))
    assert "unread" not in values["tool_calls"][0]
    assert trace_from(values).tool_calls == calls
