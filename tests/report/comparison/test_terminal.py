"""The tables of a comparison fit the terminal they are printed to."""

from prompteval.report.comparison.cells import HEADS
from prompteval.report.comparison.terminal import fitting

ROW = ["accuracy *", "0.900", "0.750", "-0.150", "[-0.205, -0.095]", "0.200", "0.200", "0.062", "✗ regressed"]


def test_a_narrow_terminal_leaves_out_the_raw_p_first() -> None:
    """Then the detectable effect; difference, interval, adjusted p and verdict are always there."""
    wide, narrow, narrower = (fitting(list(HEADS), [ROW], width) for width in (102, 100, 80))
    assert wide == (list(HEADS), [ROW])
    assert set(HEADS) - set(narrow[0]) == {"p", "adjusted"} and "adjusted p" in narrow[0]
    assert set(HEADS) - set(narrower[0]) == {"p", "adjusted", "detectable"}
    assert all(len(heads) == len(rows[0]) for heads, rows in (wide, narrow, narrower))
