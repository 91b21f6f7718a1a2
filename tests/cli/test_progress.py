"""Where a run says how far it is outside a terminal."""

import pytest

from prompteval.cli import progress
from prompteval.cli.progress import PlainProgress


def test_an_index_that_takes_its_time_has_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One each few seconds and one at its end; a quick one has none."""
    meter = PlainProgress()
    for done in (0, 64, 128):
        meter.building("embedding", done, 128)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "EVERY", 0.0)
    for done in (0, 1_000, 2_000):
        meter.building("embedding", done, 2_000)
    lines = capsys.readouterr().err.splitlines()
    assert (
        lines[-1].startswith("embedding: 2,000/2,000 texts, ") and "embedding: 1,000/2,000 texts" in lines[-2]
    )
