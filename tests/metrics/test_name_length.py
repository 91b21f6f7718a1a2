"""Names and rules without end are refused before a pattern reads them."""

from collections.abc import Callable

import pytest

from prompteval.metrics.names import parse_metric
from prompteval.metrics.ranking_names import parse_ranking_metric
from prompteval.metrics.stage_names import parse_stage_metric
from prompteval.stats.gate import parse_gate


@pytest.mark.parametrize("parse", [parse_metric, parse_ranking_metric, parse_stage_metric, parse_gate])
def test_b24_a_name_without_end_is_refused_at_once(parse: Callable[[str], object]) -> None:
    """One short line, though a megabyte of blanks in brackets would take the pattern hours."""
    with pytest.raises(ValueError, match="at most 1,000 are read") as caught:
        parse("f1(" + " " * 1_000_000)
    assert len(str(caught.value)) < 200
