"""F19, F25, F36: hundreds of random schedules of writers on one store, some of them killed at any instant."""

from pathlib import Path

import pytest

from .schedules import schedules

SCHEDULES = 200
SECONDS = 180.0


@pytest.mark.slow
def test_f36_every_acknowledged_row_is_there_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """200 schedules of two to six processes, or as many as three minutes hold."""
    with capsys.disabled():
        outcomes, faults = schedules(tmp_path, SCHEDULES, SECONDS, print)
    assert faults == []
    assert sum(one.killed for one in outcomes) > len(outcomes) / 5  # a quick machine ends many before a kill
