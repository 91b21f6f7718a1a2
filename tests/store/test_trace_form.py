"""The stored form of what a system did beside its output."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.trace import CitedPassage, DroppedPassage, RetrievedPassage, ToolCall, Trace
from prompteval.store.trace_form import trace_from, trace_values
from prompteval.store.typed import DAMAGE

COUNTS = st.none() | st.integers(0, 10**9)
PASSAGES = st.builds(
    RetrievedPassage, doc=st.text(), text=st.text(), start=COUNTS, end=COUNTS, title=st.text(),
    score=st.none() | st.floats(allow_nan=False, allow_infinity=False), id=st.text(), tokens=COUNTS,
)  # fmt: skip
MANY = st.none() | st.lists(PASSAGES, max_size=3).map(tuple)
JSON = st.none() | st.text() | st.booleans() | st.dictionaries(st.text(), st.integers(), max_size=2)


def traces(turns: st.SearchStrategy[tuple[Trace, ...] | None]) -> st.SearchStrategy[Trace]:
    return st.builds(
        Trace, output=JSON, abstain=st.none() | st.booleans(), retrieved=MANY, reranked=MANY, context=MANY,
        dropped=st.none() | st.lists(st.builds(DroppedPassage, PASSAGES, st.text()), max_size=2).map(tuple),
        citations=st.none() | st.lists(st.builds(CitedPassage, COUNTS, st.none() | st.text(min_size=1)), max_size=2).map(tuple),
        tool_calls=st.none() | st.lists(
            st.builds(ToolCall, st.text(min_size=1), st.dictionaries(st.text(), st.integers(), max_size=2), JSON, COUNTS),
            max_size=2,
        ).map(tuple),
        messages=st.none() | st.lists(st.dictionaries(st.text(), st.text(), max_size=2), max_size=2).map(tuple),
        turns=turns, timings=st.dictionaries(st.text(), st.floats(0, 1e6), max_size=2),
    )  # fmt: skip


@given(traces(st.none() | st.lists(traces(st.none()), max_size=2).map(tuple)))
def test_a_trace_comes_back_as_it_was(trace: Trace) -> None:
    """Through JSON text, whatever it holds."""
    assert trace_from(json.loads(json.dumps(trace_values(trace)))) == trace


@pytest.mark.parametrize(
    "body",
    [{"retrieved": [{"doc": 1}]}, {"retrieved": {}}, {"tool_calls": [{"name": "x", "args": {}}]},
     {"turns": [[]]}, {"timings": {"x": "1"}}, {"more": 1}, {"messages": ["x"]}],
)  # fmt: skip
def test_a_damaged_trace_raises_what_reading_expects(body: object) -> None:
    """One of the kinds of damage that a reader reports with the row."""
    with pytest.raises(DAMAGE):
        trace_from(body)


def test_calls_of_tools_come_back_with_what_could_not_be_read() -> None:
    """A call keeps its step, its result, and the text of arguments that are not a JSON object."""
    calls = (ToolCall("refund", {"id": 1}, {"ok": True}, 0), ToolCall("refund", {}, None, 1, unread='{"id":'))
    values = trace_values(Trace(tool_calls=calls))
    assert "unread" not in values["tool_calls"][0]
    assert trace_from(values).tool_calls == calls
