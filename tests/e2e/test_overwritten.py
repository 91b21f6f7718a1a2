"""F44: a command line that would overwrite an input is refused before it runs."""

import pytest

from tests.e2e.conftest import Workspace


@pytest.mark.parametrize(
    "words",
    [
        ["run", "-o", "datasets/c.jsonl"],
        ["run", "--record", "datasets/c.jsonl"],
        ["report", "last", "-o", "datasets/c.jsonl"],
        ["compare", "last", "last", "-o", "evals/baselines/s.json"],
    ],
)
def test_f44_an_output_over_an_input_is_refused(workspace: Workspace, words: list[str]) -> None:
    """One line that names the option, exit 2, and nothing changed."""
    workspace.write("evals/baselines/s.json", "{}")
    before = (workspace.root / "datasets/c.jsonl").read_bytes()
    done = workspace.run(*words, code=2)
    assert f"{words[-2]} {words[-1]}: " in done.stderr and done.stderr.count("\n") <= 2
    assert (workspace.root / "datasets/c.jsonl").read_bytes() == before
    assert not (workspace.root / ".prompteval/results.sqlite").exists()
