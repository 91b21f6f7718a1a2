"""The lock's text: read whole, or refused at its line."""

import json
from pathlib import Path

import pytest

from prompteval.core.errors import InvalidInput
from prompteval.prompt.lock import SCHEMA, read_lock
from prompteval.prompt.lock_problem import PATH
from prompteval.workspace.tree import WorkingTree

DIGEST = f"sha256:{'0' * 64}"
WHOLE = dict.fromkeys(("fingerprint", "messages", "files", "inputs", "output", "params", "model"), DIGEST)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a": ' + "9" * 5_000 + "}",
        json.dumps({"schema": SCHEMA, "prompts": {f"a@v{'9' * 5_000}": WHOLE}}),
        json.dumps({"schema": SCHEMA, "prompts": {"a@v1": {**WHOLE, "model": [DIGEST]}}}),
    ],
    ids=["deep", "digits", "version", "list"],
)
def test_f38_b3_a_lock_that_nobody_wrote_is_a_problem_of_its_line(text: str, tmp_path: Path) -> None:
    """Nesting without end, numbers without end, a version that no file can have."""
    (tmp_path / "prompts").mkdir()
    (tmp_path / PATH).write_text(text)
    with pytest.raises(InvalidInput) as raised:
        read_lock(WorkingTree(tmp_path))
    assert {problem.code for problem in raised.value.problems} <= {"PE252", "PE106"}
