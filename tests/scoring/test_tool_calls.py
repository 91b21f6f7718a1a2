"""The scorer of tool calls: values, reasons, evidence, and what it refuses."""

from typing import Any

import pytest

from prompteval.core.case import Case, ExpectedCall
from prompteval.core.errors import InvalidInput
from prompteval.core.observation import Observation, Score
from prompteval.core.trace import ToolCall, Trace
from prompteval.scoring.tool_calls import ToolCalls
from prompteval.workspace.scorer_options import check_options
from prompteval.workspace.suite import ScorerSpec

BOOK = ExpectedCall("book_reservation", {"nonfree_baggages": 0, "cabin": "economy"})
CANCEL = ExpectedCall("cancel", {"id": "A1"})


def score(expected: list[ExpectedCall] | None, made: list[ToolCall] | None, **options: Any) -> Score:
    """The score of calls under the options of a suite."""
    case = Case("c", options.pop("inputs", {}), tool_calls=None if expected is None else tuple(expected))
    trace = None if made is None else Trace(tool_calls=tuple(made))
    return ToolCalls("calls", **options).score(case, Observation("ok", trace=trace))


def call(expected: ExpectedCall, **changed: Any) -> ToolCall:
    return ToolCall(expected.name, {**expected.arguments, **changed})


@pytest.mark.parametrize(
    ("made", "match", "reason"),
    [
        ([call(BOOK, nonfree_baggages=1), call(CANCEL)], "exact", "book_reservation: nonfree_baggages 1, expected 0"),
        ([call(CANCEL), call(BOOK)], "exact", "call 1 is cancel, expected book_reservation"),
        ([call(BOOK)], "any_order", "cancel was not called"),
        ([call(BOOK), call(CANCEL), call(CANCEL)], "within", "unexpected call cancel"),
        ([call(BOOK), ToolCall("cancel", {})], "contains", 'cancel: id is missing, expected "A1"'),
        ([call(BOOK), call(CANCEL, at="now")], "any_order", 'cancel: unexpected argument at "now"'),
        ([call(BOOK), ToolCall("cancel", {}, unread="{id")], "exact", "cancel: the arguments are not a JSON object: {id"),
        ([call(BOOK, nonfree_baggages=1, cabin="first")], "exact",
         'book_reservation: nonfree_baggages 1, expected 0; book_reservation: cabin "first", expected "economy"; cancel was not called'),
        ([], "exact", "book_reservation was not called; cancel was not called"),
    ],
)  # fmt: skip
def test_the_reason_says_which_call_and_which_argument_differs(
    made: list[ToolCall], match: str, reason: str
) -> None:
    """In one line, with what was given and what was expected."""
    found = score([BOOK, CANCEL], made, match=match)
    assert (found.value, found.passed, found.reason) == (0.0, False, reason)


def test_no_call_where_none_may_be_made_is_right() -> None:
    """And any is wrong; a rule that allows others allows them there too."""
    assert score([], []).passed
    assert score([], [call(CANCEL)]).reason == "unexpected call cancel (no call was expected)"
    assert score([], [call(CANCEL)], match="contains").passed


def test_a_case_without_the_key_is_skipped_and_a_silent_system_is_not_scored() -> None:
    """Nobody knows whether a system that says nothing called a tool."""
    assert score(None, [call(CANCEL)]).status == "skipped"
    silent = score([], None)
    assert silent.status == "failed" and "neither tool_calls nor messages" in silent.reason


def test_an_output_that_is_none_scores_worst() -> None:
    """Its metrics too."""
    case = Case("c", {}, tool_calls=())
    found = ToolCalls("calls").score(case, Observation("refused", trace=Trace(tool_calls=())))
    assert (found.value, found.passed, found.reason) == (0.0, False, "the output is refused")
    assert found.evidence == {"tool_calls.name": 0.0, "tool_calls.arguments": 0.0}


def test_evidence_has_shares_and_counts() -> None:
    """Two of three names, one call whole, half of the other's arguments."""
    made = [call(BOOK, nonfree_baggages=1), call(CANCEL), ToolCall("think", {})]
    assert score([BOOK, CANCEL], made, match="any_order").evidence == {
        "tool_calls.name": pytest.approx(2 / 3),
        "tool_calls.arguments": pytest.approx((0.5 + 1) / 3),
        "calls_expected": 2,
        "calls_made": 3,
        "names_matched": 2,
        "calls_matched": 1,
    }


def test_options_reach_the_comparison() -> None:
    """Loose texts, ignored arguments, schemas of the case and of the suite."""
    tool = {
        "name": "cancel",
        "parameters": {"properties": {"id": {"type": "string"}, "n": {"type": "integer"}}},
    }
    made = [call(CANCEL, id="a-1")]
    assert not score([CANCEL], made).passed and score([CANCEL], made, strings="loose").passed
    assert score([CANCEL], made, ignore=["id"]).passed
    number = ExpectedCall("cancel", {"n": 2})
    for more in ({"schemas": [tool]}, {"schemas": "inputs.tools", "inputs": {"tools": [tool]}}):
        found = score([number], [ToolCall("cancel", {"n": 2.0})], **more)
        assert found.reason == "cancel: n must be a whole number, not 2.0"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"match": "anyorder"}, "match must be exact, any_order, contains or within, not 'anyorder'"),
        ({"strings": "fuzzy"}, "strings must be exact or loose"),
        ({"assign": "greedy"}, "assign must be best or first"),
        ({"ignore": "id"}, "ignore must be a list, not 'id'"),
        ({"ignore": [1]}, "an entry of ignore must be a string, not 1"),
        ({"schemas": "tools"}, "schemas must be a path into the case, such as inputs.tools"),
        ({"schemas": [{"description": "x"}]}, "tool 1 is not a definition"),
        ({"schemas": 7}, "tools must be a list of definitions"),
    ],
)
def test_a_wrong_option_is_refused(options: dict[str, Any], told: str) -> None:
    """When the suite is read."""
    with pytest.raises(InvalidInput, match=told):
        check_options(ScorerSpec("tool_calls", options, "calls", 1, 1), ToolCalls.options)


def test_a_search_that_does_not_end_is_a_failed_score() -> None:
    """It is stopped, and says so."""
    expected = ExpectedCall("f", {"a": {"$regex": "(a|aa)+$"}})
    found = score([expected], [ToolCall("f", {"a": "a" * 60 + "b"})])
    assert found.status == "failed" and found.reason
