"""One value decides the word and the code."""

import pytest

from prompteval.core.observation import Score
from prompteval.core.verdict import Verdict


@pytest.mark.parametrize(
    ("verdict", "code"),
    [(Verdict.PASS, 0), (Verdict.FAIL, 1), (Verdict.INCOMPLETE, 3), (Verdict.INCONCLUSIVE, 0)],
)
def test_exit_codes(verdict: Verdict, code: int) -> None:
    """Each verdict has its code; inconclusive warns unless asked to fail."""
    assert verdict.exit_code() == code
    assert Verdict.INCONCLUSIVE.exit_code(inconclusive_fails=True) == 4


def test_incomplete_outranks_failure() -> None:
    """A run with missing results never claims to have failed or passed."""
    assert Verdict.worst([Verdict.FAIL, Verdict.INCOMPLETE, Verdict.PASS]) is Verdict.INCOMPLETE
    assert Verdict.worst([Verdict.INCONCLUSIVE, Verdict.FAIL]) is Verdict.FAIL
    assert Verdict.worst([]) is Verdict.PASS


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_b13_a_score_is_never_nan(value: float) -> None:
    """NaN cannot enter a score at all."""
    with pytest.raises(ValueError, match="finite"):
        Score("exact", value)


def test_a_score_without_value_says_it_was_not_scored() -> None:
    """None goes with skipped or failed only."""
    with pytest.raises(ValueError, match="does not go with"):
        Score("exact", None)
    assert Score("exact", None, status="skipped", reason="no expected value").value is None
