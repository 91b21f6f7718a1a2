"""Calibration, errors and perplexity as the suite's metrics compute them, against scikit-learn and by definition."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from prompteval.metrics.calibration import ece, reliability
from prompteval.metrics.columns import Columns
from prompteval.metrics.names import parse_metric
from prompteval.metrics.table import metric_spec

STATED = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)
NUMBERS = st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=1, max_size=40)


def columns(values: list[float], extra: np.ndarray) -> Columns:
    codes = np.full(len(values), -1, np.int32)
    return Columns(np.asarray(values, float), codes, codes, (), extra=extra)


def mean_of(text: str, given_: Columns) -> float:
    spec = metric_spec(parse_metric(text))
    assert spec.per_case is not None
    return float(spec.per_case(given_).mean())


@given(STATED, st.integers(1, 20))
def test_ece_is_the_weighted_gap_of_its_own_bins(rows: list[tuple[float, bool]], bins: int) -> None:
    """From 0 to 1; the bins hold every case once; one bin alone is the gap of the means."""
    stated, came_true = np.asarray([c for c, _ in rows]), np.asarray([float(t) for _, t in rows])
    lines = reliability(stated, came_true, bins)
    assert sum(line.n for line in lines) == len(rows)
    gaps = [
        line.n * abs(line.confidence - line.hits / line.n) for line in lines if line.confidence is not None
    ]
    found = ece(stated, came_true, bins)
    assert 0 <= found <= 1 and found == pytest.approx(sum(gaps) / len(rows), abs=1e-9)
    assert ece(stated, came_true, 1) == pytest.approx(abs(stated.mean() - came_true.mean()), abs=1e-9)


@given(NUMBERS)
def test_mae_and_rmse_are_those_of_scikit_learn(rows: list[tuple[int, int]]) -> None:
    """To 1e-9; and the mean error is never above the root of the mean square."""
    expected, answer = (np.asarray(side, float) for side in zip(*rows, strict=True))
    error = answer - expected
    table = columns([0.0] * len(rows), np.column_stack([expected, answer, np.abs(error), error**2]))
    spec = metric_spec(parse_metric("rmse"))
    assert spec.sample is not None
    rmse = float(spec.sample(table)(np.ones(len(rows))))
    mae = mean_of("mae", table)
    assert mae == pytest.approx(sklearn_metrics.mean_absolute_error(expected, answer), abs=1e-9)
    assert rmse == pytest.approx(sklearn_metrics.root_mean_squared_error(expected, answer), abs=1e-9)
    assert mae <= rmse + 1e-9


@given(st.lists(st.lists(st.floats(-20, 0), min_size=1, max_size=8), min_size=1, max_size=10))
def test_perplexity_is_over_tokens_not_over_cases(cases: list[list[float]]) -> None:
    """exp of minus the mean log probability of all tokens together; 1 for certain ones."""
    table = columns([0.0] * len(cases), np.asarray([[sum(case), len(case)] for case in cases], float))
    spec = metric_spec(parse_metric("perplexity"))
    assert spec.sample is not None
    flat = [value for case in cases for value in case]
    wanted = math.exp(-sum(flat) / len(flat))
    assert math.exp(float(spec.sample(table)(np.ones(len(cases))))) == pytest.approx(wanted, rel=1e-9)


@given(st.lists(st.booleans(), min_size=1, max_size=50), st.randoms())
def test_no_mean_depends_on_the_order_of_rows(hits: list[bool], random: object) -> None:
    """Equal cases in another order give the same bits."""
    stated = [round(n / 50, 2) for n in range(len(hits))]
    rows = sorted(zip(stated, hits, strict=True))
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (
        ece(np.asarray([c for c, _ in sorted(side)]), np.asarray([float(h) for _, h in sorted(side)]), 10)
        for side in (rows, shuffled)
    )
    assert one == other
