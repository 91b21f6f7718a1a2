"""Going on with a run: nothing that it was to run is dropped on the way."""

import pytest

from prompteval.core.errors import UsageError
from prompteval.engine.resume import refuse_changed
from prompteval.store.records import RunRecord

BEFORE = {"suites": {}, "entries": [["s", "say@v1", "a"], ["s", "say@v1", "b"]]}


def record() -> RunRecord:
    return RunRecord(
        run_id="r", started="", finished=None, verdict=None, exit_code=None, manifest=BEFORE, summary=None
    )


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ([["s", "say@v1", "a"]], "s say@v1 b is no longer run"),
        ([*BEFORE["entries"], ["s", "say@v1", "c"]], "s say@v1 c is new"),
    ],
)
def test_b20_a_model_that_left_or_joined_the_suite_is_refused(entries: list[list[str]], told: str) -> None:
    """The rest of its cases would be missing without a word."""
    refuse_changed(record(), BEFORE)
    with pytest.raises(UsageError, match=told):
        refuse_changed(record(), {**BEFORE, "entries": entries})
