"""All calls of a case: the four rules, and which call goes with which."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.case import ExpectedCall
from prompteval.core.trace import ToolCall
from prompteval.metrics.tool_calls.alignment import (
    RULES,
    Alignment,
    TooManyCalls,
    align,
    out_of_order,
    steps,
)
from prompteval.metrics.tool_calls.assign import best_assignment
from prompteval.metrics.tool_calls.matching import CallRules, wanted_calls
from prompteval.metrics.tool_calls.values import ValueRules
from prompteval.metrics.tool_calls.wording import fault

CALLS = CallRules(ValueRules(lambda pattern, text: pattern in text))
VALUES = st.one_of(st.integers(0, 2), st.sampled_from(["x", "y"]))
ARGUMENTS = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)
WANTED_VALUES = st.one_of(
    VALUES,
    st.lists(VALUES, min_size=1, max_size=2).map(lambda options: {"$one_of": options, "$omit": True}),
    st.just({"$any": True}),
)
NAMES = st.sampled_from(["f", "g"])
EXPECTED = st.lists(
    st.builds(ExpectedCall, NAMES, st.dictionaries(st.sampled_from("abc"), WANTED_VALUES, max_size=3)),
    max_size=5,
)
MADE = st.lists(st.builds(ToolCall, NAMES, ARGUMENTS, step=st.none() | st.integers(0, 3)), max_size=5)


def _align(expected: list[ExpectedCall], made: list[ToolCall], **more: Any) -> Alignment:
    return align(wanted_calls(expected), made, CALLS, **more)


def _verdicts(expected: list[ExpectedCall], made: list[ToolCall]) -> dict[str, bool]:
    found = _align(expected, made)
    order = out_of_order(wanted_calls(expected), made, CALLS) is None
    return {rule: order if rule == "exact" else found.holds(rule) for rule in RULES}


@given(EXPECTED, MADE)
def test_exact_implies_any_order_implies_contains_and_within(
    expected: list[ExpectedCall], made: list[ToolCall]
) -> None:
    """A stricter rule never passes where a weaker one fails."""
    found = _verdicts(expected, made)
    assert not found["exact"] or found["any_order"]
    assert found["any_order"] == (found["contains"] and found["within"])


@given(EXPECTED, MADE, st.randoms(use_true_random=False))
def test_nothing_but_exact_reads_the_order(
    expected: list[ExpectedCall], made: list[ToolCall], random: Any
) -> None:
    """Shuffled on both sides, verdicts and shares are the same to the last digit."""
    before, verdicts = _align(expected, made), _verdicts(expected, made)
    for calls in (expected, made):
        random.shuffle(calls)
    after = _align(expected, made)
    for rule in RULES[1:]:
        assert _verdicts(expected, made)[rule] == verdicts[rule]
    for rule in RULES:
        assert before.name_share(rule) == after.name_share(rule)
        assert before.argument_share(rule) == after.argument_share(rule)


@given(EXPECTED, MADE)
def test_shares_are_from_0_to_1_and_1_where_the_rule_holds(
    expected: list[ExpectedCall], made: list[ToolCall]
) -> None:
    """Arguments are never more right than names; a rule without order holds exactly where all are."""
    found = _align(expected, made)
    for rule in RULES:
        names, arguments = found.name_share(rule), found.argument_share(rule)
        assert 0 <= arguments <= names <= 1
        assert found.holds(rule) == (arguments == 1)


@given(MADE)
def test_the_calls_themselves_are_right_by_every_rule(made: list[ToolCall]) -> None:
    """Whatever is made is what is expected, when that is expected."""
    in_steps = [made[index] for step in steps(made) for index in step]
    expected = [ExpectedCall(call.name, call.arguments) for call in in_steps]
    assert all(_verdicts(expected, made).values())


@given(EXPECTED, MADE)
def test_a_fault_is_named_exactly_where_the_rule_fails(
    expected: list[ExpectedCall], made: list[ToolCall]
) -> None:
    """One line, never an empty reason."""
    wanted, found = wanted_calls(expected), _align(expected, made)
    broken_at = out_of_order(wanted, made, CALLS)
    for rule, holds in _verdicts(expected, made).items():
        told = fault(rule, found, wanted, made, broken_at if rule == "exact" else None)  # type: ignore[arg-type]
        assert (told == "") == holds and "\n" not in told


@given(st.integers(1, 5), st.integers(1, 5), st.data())
def test_the_assignment_is_the_best_of_all(rows: int, columns: int, data: st.DataObject) -> None:
    """As good as the best that trying every one finds, each column once."""
    weights = [[data.draw(st.integers(0, 9)) for _ in range(columns)] for _ in range(rows)]
    found = best_assignment(weights)
    taken = [column for column in found if column is not None]
    assert len(taken) == len(set(taken)) == min(rows, columns)
    total = sum(weights[row][column] for row, column in enumerate(found) if column is not None)
    tall = weights if rows <= columns else [list(column) for column in zip(*weights, strict=True)]
    ways = permutations(range(len(tall[0])), len(tall))
    assert total == max(sum(tall[row][column] for row, column in enumerate(way)) for way in ways)


def test_the_best_assignment_passes_what_the_first_that_fits_does_not() -> None:
    """The first expected call takes either; the second only one of them."""
    expected = [ExpectedCall("f", {"a": {"$one_of": ["x", "y"]}}), ExpectedCall("f", {"a": "y"})]
    made = [ToolCall("f", {"a": "y"}), ToolCall("f", {"a": "x"})]
    assert _align(expected, made).holds("any_order")
    assert not _align(expected, made, assign="first").holds("any_order")
    assert _align(expected, made[::-1], assign="first").holds("any_order")


def test_calls_of_one_step_are_unordered_and_steps_are_not() -> None:
    """A call without a step is one of its own."""
    expected = [ExpectedCall(name) for name in "abc"]
    together = [ToolCall("b", {}, step=0), ToolCall("a", {}, step=0), ToolCall("c", {}, step=1)]
    assert _verdicts(expected, together)["exact"]
    apart = [ToolCall(name, {}) for name in "bac"]
    found = _verdicts(expected, apart)
    assert not found["exact"] and found["any_order"]


def test_too_many_calls_of_one_name_are_refused() -> None:
    """The best assignment takes cubic time."""
    with pytest.raises(TooManyCalls, match="101 expected and 101 made calls of f"):
        _align([ExpectedCall("f")] * 101, [ToolCall("f", {})] * 101)
