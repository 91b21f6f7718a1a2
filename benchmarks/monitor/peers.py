"""Evidently's default tests of one column, where it is installed: `pip install evidently "pandas<3"`.

It is not a dependency. Its defaults choose the test by the rows of the reference: up to 1,000 a test at
p < 0.05 (z, chi-squared or Kolmogorov-Smirnov), beyond a distance of at least 0.1.
"""

import importlib.util
import os
import warnings

import numpy as np

INSTALLED = importlib.util.find_spec("evidently") is not None
NOT_INSTALLED = "not installed"


def drifted(before: np.ndarray, after: np.ndarray) -> bool:
    """Whether Evidently calls a column drifted; numbers or categories, as the arrays are."""
    os.environ["DO_NOT_TRACK"] = "1"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandas
        from evidently.legacy.calculations.stattests.registry import get_stattest
        from evidently.legacy.core import ColumnType

        kind = ColumnType.Numerical if np.issubdtype(before.dtype, np.number) else ColumnType.Categorical
        sides = pandas.Series(before), pandas.Series(after)
        return bool(get_stattest(*sides, kind, None)(*sides, kind, None).drifted)


def share(found: list[bool]) -> str:
    """Of so many columns, how many drifted, in per cent."""
    return f"{100 * float(np.mean(found)):.1f} %" if INSTALLED else NOT_INSTALLED
