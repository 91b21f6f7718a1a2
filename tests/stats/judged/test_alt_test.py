"""The alternative annotator test against the figures that its authors published."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp

from prompteval.stats.judged.alpha import Level
from prompteval.stats.judged.alt_test import _below, alt_test, rejected
from tests.multiple_tests import multipletests

DATA = Path("../shared/data/alttest")
SETS: dict[str, tuple[float, Level]] = {
    "wax": (0.1, "nominal"),
    "10k_prompts": (0.15, "interval"),
    "framing": (0.15, "nominal"),
    "lesion": (0.15, "interval"),
    "mtbench": (0.2, "nominal"),
}


@pytest.mark.parametrize("name", SETS)
def test_published_winning_rates_and_advantages_come_out(name: str) -> None:
    """All 56 cells, to two decimals, and all 28 verdicts."""
    if not DATA.exists():
        pytest.skip("../shared/data/alttest is absent")
    epsilon, level = SETS[name]
    people = json.loads((DATA / name / "human_annotations.json").read_text())
    judges = json.loads((DATA / name / "llm_annotations.json").read_text())
    published = json.loads((DATA / "published.json").read_text())[name]
    assert len(published) == len(judges) > 3
    for judge, ratings in judges.items():
        found = alt_test(ratings, people, epsilon=epsilon, level=level)
        assert found is not None
        wanted = published[judge]
        assert found.winning_rate == pytest.approx(wanted["winning_rate"], abs=0.00501)
        assert found.advantage == pytest.approx(wanted["advantage_probability"], abs=0.00501)
        assert found.passed is wanted["passed"]


@given(st.lists(st.floats(0, 0.2), min_size=1, max_size=12))
def test_benjamini_yekutieli_equals_statsmodels(p: list[float]) -> None:
    """The same hypotheses fall."""
    assert rejected(p) == list(multipletests(p, alpha=0.05, method="fdr_by")[0])


def test_the_one_sided_test_equals_scipy() -> None:
    """p that the mean is below a bound."""
    import numpy as np

    values = np.array([1.0, 0.0, -1.0, 0.0, 0.0, 1.0, -1.0, -1.0])
    wanted = ttest_1samp(values, 0.15, alternative="less").pvalue
    assert _below(values, 0.15) == pytest.approx(wanted, abs=1e-12)


def test_too_few_items_test_nobody() -> None:
    """Under 30 items there is no test; a constant difference decides without a spread."""
    people = {name: {str(i): "yes" for i in range(29)} for name in "ab"}
    judge = {str(i): "yes" for i in range(40)}
    assert alt_test(judge, people, epsilon=0.1) is None
    people = {name: {str(i): "yes" for i in range(30)} for name in "ab"}
    found = alt_test(judge, people, epsilon=0.1)
    assert found is not None and found.passed and found.advantage == 1.0
