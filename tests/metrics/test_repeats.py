"""Repeats of a case: the estimators against their definition, the reductions, the names."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompteval.metrics.columns import Columns
from prompteval.metrics.defined import undefined_reason
from prompteval.metrics.names import parse_metric
from prompteval.metrics.repeats import pass_at_k, pass_columns, pass_hat_k, reduce_cases
from prompteval.stats.gate import parse_gate


def columns(*runs: tuple[int, ...]) -> Columns:
    """One row a case, from its runs of 0 and 1."""
    none = np.full(len(runs), -1, dtype=np.int32)
    values = np.asarray([sum(run) / len(run) for run in runs])
    turns = np.asarray([len(run) for run in runs], dtype=np.int32)
    return Columns(values, none, none, (), repeated=max(turns) > 1, turns=turns)


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 10))
def test_the_estimators_are_unbiased(turns: int, k: int, tenths: int) -> None:
    """Over all outcomes of n runs that are right with chance p, their mean is 1 - (1-p)^k and p^k."""
    if k > turns:
        with pytest.raises(ValueError, match="say nothing"):
            pass_at_k(turns, 0, k)
        return
    p = Fraction(tenths, 10)
    chance = [comb(turns, c) * p**c * (1 - p) ** (turns - c) for c in range(turns + 1)]
    one = sum(float(chance[c]) * pass_at_k(turns, c, k) for c in range(turns + 1))
    every = sum(float(chance[c]) * pass_hat_k(turns, c, k) for c in range(turns + 1))
    assert one == pytest.approx(float(1 - (1 - p) ** k), abs=1e-12)
    assert every == pytest.approx(float(p**k), abs=1e-12)


def test_counted_by_hand() -> None:
    """Two of five right: of ten pairs seven hold a right one, and one holds two."""
    assert (pass_at_k(5, 2, 2), pass_hat_k(5, 2, 2)) == (0.7, 0.1)
    found = pass_columns(columns((1, 1, 0, 0, 0), (1,) * 5, (0,) * 5), "pass^", 2)
    assert found.values.tolist() == [0.1, 1.0, 0.0] and found.repeated


def test_an_even_tie_is_no_majority() -> None:
    """Each reduction of a tie, of two thirds, and of one run."""
    found = columns((1, 0), (1, 1, 0), (1,), (0, 0))
    wanted = {"majority": [0, 1, 1, 0], "any": [1, 1, 1, 0], "all": [0, 0, 1, 0]}
    assert {how: reduce_cases(found, how).values.tolist() for how in wanted} == wanted
    assert reduce_cases(found, "mean").values.tolist() == [0.5, 2 / 3, 1.0, 0.0]


def test_graded_scores_are_not_counted_as_right_or_wrong() -> None:
    """They stay as they are, and the metric has no value, with the reason."""
    graded = Columns(
        np.asarray([0.4]), *[np.asarray([-1], np.int32)] * 2, (), turns=np.asarray([3], np.int32)
    )
    for text in ("pass@2", "accuracy(reduce=any)"):
        assert reduce_cases(graded, "any") is graded and pass_columns(graded, "pass@", 2) is graded
        assert "needs scores of 0 and 1" in undefined_reason(parse_metric(text), graded)


@pytest.mark.parametrize("text", ["pass@3", "pass^10", "pass@2(scorer=mine)", "accuracy(reduce=majority)"])
def test_names_print_as_they_parse(text: str) -> None:
    """In a suite and in a rule of a gate."""
    assert str(parse_metric(text)) == text
    assert str(parse_gate(f"slice(task).{text}.low >= 0.5")) == f"slice(task).{text}.low >= 0.5"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("pass@k", "k must be a whole number from 1, such as pass@3"),
        ("pass^0", "such as pass^3"),
        ("accuracy(reduce=most)", "reduce must be one of mean, majority, any, all"),
        ("pass@2(reduce=any)", "has no parameter 'reduce'"),
        ("mean(reduce=any)", "has no parameter 'reduce'"),
        ("f1@3", "unknown metric 'f1@3'"),
    ],
)
def test_wrong_names_say_why(text: str, told: str) -> None:
    """With what may stand there."""
    with pytest.raises(ValueError, match=told.replace("^", r"\^")):
        parse_metric(text)
