"""Recorded outputs: every line is read, or named with what is wrong."""

from pathlib import Path

import pytest

from prompteval.core.errors import InvalidInput
from prompteval.plan.targets.outputs import plan_outputs
from prompteval.workspace.tree import WorkingTree


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ('"latency_ms": -1', "latency_ms must be a number from 0 to"),
        (f'"latency_ms": {"9" * 400}', "not a number of about 400 digits"),
        ('"confidence": 1.5', "confidence must be a number from 0 to 1"),
        ('"logprob": [-0.5, -1e300]', "logprob must be a number from -1,000,000 to 1"),
        ('"logprob": []', "logprob must be a number for the output, or a list of one per token"),
        ('"usage": {"prompt_tokens": true}', "prompt_tokens in usage must be a whole number from 0 to"),
        ('"usage": {"prompt_tokens": 1e9}', "prompt_tokens in usage must be a whole number from 0 to"),
        ('"model": ["m"]', "model must be a string, not ['m']"),
    ],
)
def test_f38_b25_a_field_of_a_recorded_output_has_a_type_and_a_range(
    fields: str, told: str, tmp_path: Path
) -> None:
    """The line is named; the sound one before it is not."""
    (tmp_path / "o.jsonl").write_text(
        f'{{"id": "a", "output": "x"}}\n{{"id": "b", "output": "x", {fields}}}\n'
    )
    with pytest.raises(InvalidInput) as raised:
        plan_outputs(WorkingTree(tmp_path), "o.jsonl")
    (problem,) = raised.value.problems
    assert (problem.line, problem.code) == (2, "PE340") and told in problem.message
