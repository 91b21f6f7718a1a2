"""`multipletests` of statsmodels, an oracle, without the full garbage collection that each call of it makes.

In a process that has run a thousand tests one takes seconds, and a property makes a hundred calls.
"""

import gc
from collections.abc import Sequence
from typing import Any
from unittest import mock

from statsmodels.stats import multitest


def multipletests(p: Sequence[float], **options: Any) -> Any:
    """What statsmodels gives: (which are rejected, adjusted p-values, ...)."""
    with mock.patch.object(gc, "collect"):
        return multitest.multipletests(p, **options)
