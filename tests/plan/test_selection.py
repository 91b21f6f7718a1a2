"""Which cases run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.core.case import Case
from prompteval.core.errors import UsageError
from prompteval.plan.run_options import Selection
from prompteval.plan.selection import compile_expression, select


def cases(*ids: str) -> list[Case]:
    return [Case(id=name, inputs={}, tags={"channel": "email"}, split="test") for name in ids]


@pytest.mark.parametrize(
    ("expression", "name", "expected"),
    [
        ("refund", "suite::refund-1", True),
        ("REFUND", "suite::refund-1", True),
        ("not refund", "suite::refund-1", False),
        ("a and not b or c", "a b c", True),
        ("a and not (b or c)", "a c", False),
        ("not a and b", "b", True),
        ("channel:email", "suite::x::channel=email", True),
        ("not Channel:email", "suite::x::channel=email", False),
        ("channel:email", "suite::channel::mail=email", False),
        ("suite::x", "suite::x::channel=email", True),
    ],
)
def test_expression_follows_boolean_rules(expression: str, name: str, expected: bool) -> None:
    """`not` binds before `and`, `and` before `or`; words ignore case."""
    assert compile_expression(expression)(name) is expected


@pytest.mark.parametrize("expression", ["", "and", "a and", "(a", "a)", "not", "a b"])
def test_broken_expression_is_a_usage_error(expression: str) -> None:
    """An expression that cannot be read is refused, never taken for "everything"."""
    with pytest.raises(UsageError):
        compile_expression(expression)


def test_expression_sees_suite_id_and_tags() -> None:
    """A word may name the suite, the case or a tag."""
    found = list(select("intent", cases("c1", "c2"), (), Selection("channel=email and c2 and intent")))
    assert [case.id for case in found] == ["c2"]


def test_split_keeps_only_its_cases() -> None:
    """A suite with `split: dev` never runs a test case."""
    assert list(select("s", cases("a"), ("dev",), Selection())) == []


@given(st.permutations([f"c{i}" for i in range(12)]), st.integers(0, 3))
def test_sample_does_not_depend_on_file_order(order: list[str], seed: int) -> None:
    """The same seed picks the same cases however the file is sorted."""
    wanted = [case.id for case in select("s", cases(*sorted(order)), (), Selection(sample=5, seed=seed))]
    assert [case.id for case in select("s", cases(*order), (), Selection(sample=5, seed=seed))] == wanted


def test_limit_takes_the_first_in_file_order() -> None:
    """`--limit 2` is the head of the file."""
    assert [case.id for case in select("s", cases("b", "a", "c"), (), Selection(limit=2))] == ["b", "a"]
