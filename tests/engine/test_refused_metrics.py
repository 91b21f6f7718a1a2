"""What `check` refuses is not run either."""

from pathlib import Path

import pytest

from prompteval.core.errors import InvalidInput
from prompteval.engine.progress import Progress
from prompteval.engine.run import run_suites
from prompteval.plan.run_options import RunOptions
from prompteval.workspace.settings import find_workspace
from tests.plan.test_stage_problems import ASKS, planned


def test_a_metric_that_the_output_cannot_serve_is_not_run(tmp_path: Path) -> None:
    """Abstention of a text without a pattern: the problem that `check` prints, and no stored run."""
    (tmp_path / "replies.jsonl").write_text('{"when": ".", "text": "x"}\n')
    planned(tmp_path, ASKS, "generation.abstention")
    with pytest.raises(InvalidInput, match=r"PE274 .* reads whether an answer abstains"):
        run_suites(find_workspace(tmp_path), RunOptions(), Progress())
    assert not (tmp_path / ".prompteval" / "results.sqlite").exists()
