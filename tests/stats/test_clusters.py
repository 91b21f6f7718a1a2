"""Clustered intervals: equal to the plain ones for lone cases, to statsmodels for balanced clusters."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from prompteval.stats.clusters import mean_clustered, mean_cr2, wilson_clustered
from prompteval.stats.interval import student_t, t01, wilson

VALUES = st.lists(st.integers(0, 10).map(lambda n: n / 10), min_size=3, max_size=60)


@given(VALUES)
def test_lone_cases_give_the_plain_intervals(values: list[float]) -> None:
    """When every case is its own cluster nothing changes."""
    found, codes = np.asarray(values), np.arange(len(values), dtype=np.int32)
    plain = student_t(found)
    clustered = mean_clustered(found, codes, None, None)
    assert (clustered.low, clustered.high) == (pytest.approx(plain.low), pytest.approx(plain.high))
    bounded, plain = mean_clustered(found, codes, 0.0, 1.0), t01(found, 0.0, 1.0)
    assert (bounded.low, bounded.high) == (pytest.approx(plain.low), pytest.approx(plain.high))


@given(VALUES, st.integers(2, 6))
def test_copies_of_a_case_add_nothing(values: list[float], copies: int) -> None:
    """A cluster of equal values counts as one case: error and degrees of freedom are those of the originals."""
    assume(np.ptp(values) > 0)
    codes = np.arange(len(values), dtype=np.int32)
    once = mean_cr2(np.asarray(values), codes)
    many = mean_cr2(np.repeat(values, copies), np.repeat(codes, copies))
    assert many == pytest.approx(once)


def test_the_variance_is_that_of_statsmodels_without_its_small_sample_factor() -> None:
    """CR2 of equal clusters is the cluster-robust variance times m / (m - 1)."""
    import statsmodels.api as sm

    generator = np.random.default_rng(5)
    codes = np.repeat(np.arange(12, dtype=np.int32), 5)
    values = generator.normal(size=60) + generator.normal(size=12)[codes]
    fitted = sm.OLS(values, np.ones(60)).fit(
        cov_type="cluster", cov_kwds={"groups": codes, "use_correction": False}
    )
    _, error, freedom = mean_cr2(values, codes)
    assert error**2 == pytest.approx(fitted.cov_params()[0, 0] * 12 / 11, rel=1e-9)
    assert freedom == pytest.approx(11)


def test_clustered_proportions_are_wider_and_say_when_clusters_are_few() -> None:
    """Ten threads of ten equal answers are worth about ten cases; five decide nothing."""
    values = np.repeat([1.0, 1, 1, 1, 1, 1, 1, 0, 0, 0], 10)
    found = wilson_clustered(values, np.repeat(np.arange(10, dtype=np.int32), 10))
    plain = wilson(70, 100)
    assert found.value == plain.value and found.low < plain.low and found.high > plain.high  # type: ignore[operator]
    assert "rough" in found.note
    assert (
        "nothing can be decided" in wilson_clustered(values, np.repeat(np.arange(5, dtype=np.int32), 20)).note
    )


def test_an_appended_cluster_is_worth_one_case() -> None:
    """Copies of a case change nothing, ends included: the appended 0 and 1 are copied as often."""
    values = np.random.default_rng(3).integers(0, 5, 30) / 4
    once = mean_clustered(values, np.arange(30, dtype=np.int32), 0.0, 1.0)
    four = mean_clustered(np.repeat(values, 4), np.repeat(np.arange(30, dtype=np.int32), 4), 0.0, 1.0)
    assert (four.low, four.high) == (pytest.approx(once.low), pytest.approx(once.high))


def test_unequal_clusters_have_the_published_variance_and_freedom() -> None:
    """Bell and McCaffrey's adjustment and Satterthwaite's degrees of freedom, by matrices as they are written."""
    generator = np.random.default_rng(9)
    codes = np.repeat(np.arange(8, dtype=np.int32), [1, 2, 2, 3, 5, 8, 9, 14])
    values, n = generator.normal(size=44), 44
    hat = np.full((n, n), 1 / n)
    rest, meat, directions = np.eye(n) - hat, 0.0, []
    for cluster in range(8):
        member = codes == cluster
        block = rest[np.ix_(member, member)]
        roots, vectors = np.linalg.eigh(block)
        adjust = vectors @ np.diag(roots**-0.5) @ vectors.T
        meat += (np.ones(member.sum()) @ adjust @ (rest @ values)[member]) ** 2
        directions.append(rest[:, member] @ adjust @ np.ones(member.sum()) / n)
    gram = np.stack(directions) @ np.stack(directions).T
    _, error, freedom = mean_cr2(values, codes)
    assert error**2 == pytest.approx(meat / n**2, rel=1e-9)
    assert freedom == pytest.approx(np.trace(gram) ** 2 / np.sum(gram**2), rel=1e-9)


def test_b13_no_case_one_cluster_and_no_variance() -> None:
    """A reason, never NaN; equal values count clusters."""
    none, codes = np.zeros(0), np.zeros(4, dtype=np.int32)
    assert wilson_clustered(none, codes[:0]).value is None
    assert wilson_clustered(np.ones(4), codes).reason == "one cluster has no interval"
    assert mean_clustered(np.ones(4), codes, 0.0, 1.0).reason == "one cluster has no interval"
    same = wilson_clustered(np.ones(40), np.repeat(np.arange(8, dtype=np.int32), 5))
    assert (same.low, same.high) == (wilson(8, 8).low, 1.0)
