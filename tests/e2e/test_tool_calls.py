"""Tool calls through the command line: outputs with calls or conversations, metrics, repeats, refusals."""

import json
from typing import Any

import pytest

SUITE = """outputs: ../o.jsonl
cases: ../datasets/c.jsonl
scorers: [{tool_calls: {match: any_order}}]
metrics: [accuracy, tool_calls.name, tool_calls.arguments, pass^2]
gate: [tool_calls.name >= 0.9]
"""
REFUND = {"name": "refund", "arguments": {"order": 7}}


def _rows(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def agent(workspace: Any) -> Any:
    """Two cases of two trials each: one expects a call, one that none is made."""
    workspace.write("evals/s.yaml", SUITE)
    cases = [
        {"id": "pay", "inputs": {}, "tool_calls": [REFUND]},
        {"id": "chat", "inputs": {}, "tool_calls": []},
    ]
    workspace.write("datasets/c.jsonl", _rows(*cases))
    spoken = {
        "role": "assistant",
        "tool_calls": [{"function": {"name": "refund", "arguments": '{"order": 8}'}}],
    }
    outputs = [
        {"id": "pay", "replicate": 0, "output": "done", "tool_calls": [REFUND]},
        {"id": "pay", "replicate": 1, "output": "done", "messages": [spoken]},
        {"id": "chat", "replicate": 0, "output": "hello"},
        {"id": "chat", "replicate": 1, "output": "hello"},
    ]
    workspace.write("o.jsonl", _rows(*outputs))
    return workspace


def test_metrics_of_calls_over_repeats(agent: Any) -> None:
    """A row without calls in a file that has some made none; one that speaks them is read."""
    metrics = agent.run_json(code=0)["results"][0]["metrics"]
    values = {name: found["value"] for name, found in metrics.items()}
    assert values == {"accuracy": 0.75, "tool_calls.name": 1.0, "tool_calls.arguments": 0.75, "pass^2": 0.5}
    assert "refund: order 8, expected 7" in agent.run("show", "--case", "pay").stdout


def test_stored_runs_are_gated_and_compared_with_their_calls(agent: Any) -> None:
    """The shares come from what is stored; a case whose calls changed is not paired."""
    first = agent.run_json(code=0)["run_id"]
    assert agent.run("gate", first, code=0).stdout.count("tool_calls.name")
    agent.write(
        "datasets/c.jsonl",
        _rows({"id": "pay", "inputs": {}, "tool_calls": []}, {"id": "chat", "inputs": {}, "tool_calls": []}),
    )
    second = agent.run_json(code=1)["run_id"]
    done = agent.run("compare", first, second, "--json")
    assert json.loads(done.stdout)["results"][0]["changed_cases"] == ["pay"]


@pytest.mark.parametrize(
    ("path", "old", "new", "told"),
    [
        ("evals/s.yaml", "any_order", "anyorder", "evals/s.yaml:3:11 PE223 match must be one of exact, any_order"),
        ("evals/s.yaml", "{tool_calls: {match: any_order}}", "schema_valid", "evals/s.yaml:4:21 PE226 tool_calls.name reads a `tool_calls` scorer"),
        ("evals/s.yaml", "any_order", "any_order, schemas: inputs.tools", "datasets/c.jsonl:1:1 PE323 case 'pay': the case has no inputs.tools"),
        ("evals/s.yaml", "outputs: ../o.jsonl", "endpoint: {url: 'http://127.0.0.1:9/'}", "evals/s.yaml:3:11 PE277 tool_calls reads results"),
        ("datasets/c.jsonl", '"arguments"', '"args"', "datasets/c.jsonl:1:1 PE322 tool_calls.0: unknown key 'args' in a call"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_before_the_run(agent: Any, path: str, old: str, new: str, told: str) -> None:
    """By `check`, at the line to edit."""
    agent.write(path, (agent.root / path).read_text().replace(old, new))
    assert told in agent.run("check", code=2).stdout


def test_outputs_without_any_call_are_refused(agent: Any) -> None:
    """With the key that is missing."""
    agent.write("o.jsonl", _rows({"id": "pay", "output": "x"}, {"id": "chat", "output": "x"}))
    told = agent.run("check", code=2).stdout
    assert (
        "PE277 tool_calls reads 'tool_calls' or 'messages', and no row of o.jsonl has it (add the key, or use `map:`)"
        in told
    )


def test_calls_of_another_shape_are_mapped(agent: Any) -> None:
    """Arguments may be their JSON text, as servers give them."""
    rows = [
        {"id": "pay", "calls": [{"fn": "refund", "args": '{"order": 7}'}]},
        {"id": "chat", "calls": []},
    ]
    agent.write("o.jsonl", _rows(*rows))
    mapped = SUITE.replace(", pass^2", "") + 'map: {tool_calls: "calls[*].{name: fn, arguments: args}"}\n'
    agent.write("evals/s.yaml", mapped)
    assert agent.run_json(code=0)["results"][0]["metrics"]["accuracy"]["value"] == 1.0
