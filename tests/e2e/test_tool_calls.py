"""Tool calls through the command line: outputs with calls or conversations, metrics, repeats, refusals."""

import json
from typing import Any

import pytest

from prompteval.core.observation import Observation, Score
from prompteval.core.trace import ToolCall, Trace
from prompteval.plan.suite_plan import plan_suite
from prompteval.workspace.settings import find_workspace

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
        ("evals/s.yaml", "any_order", "anyorder", "evals/s.yaml:3:32 PE223 match must be exact, any_order, contains or within"),
        ("evals/s.yaml", "{tool_calls: {match: any_order}}", "schema_valid", "evals/s.yaml:4:21 PE226 tool_calls.name reads a `tool_calls` scorer"),
        ("evals/s.yaml", "any_order", "any_order, schemas: inputs.tools", "datasets/c.jsonl:1:1 PE323 case 'pay': the case has no inputs.tools"),
        ("evals/s.yaml", "outputs: ../o.jsonl", "endpoint: {url: 'http://127.0.0.1:9/'}", "evals/s.yaml:3:11 PE277 tool_calls reads results"),
        ("datasets/c.jsonl", '"arguments"', '"args"', "datasets/c.jsonl:1:44 PE322 tool_calls.0: unknown key 'args' in a call"),
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


TOOL_PROMPT = """
from pydantic import BaseModel
from prompteval import Prompt, user

class Inputs(BaseModel):
    text: str

def refund(order: int, fast: bool = False) -> str:
    "Pay back an order."
    return ""

prompt = Prompt(inputs=Inputs, output=str, messages=[user("{{{{ text }}}}")]{tools})
"""
PROMPT_SUITE = """prompt: pay
cases: [{id: a, inputs: {text: hi}, tool_calls: [{name: refund, arguments: {order: 7, fast: false}}]}]
models: [scripted/m.jsonl]
scorers: [tool_calls]
metrics: [accuracy]
"""


def test_a_prompt_without_tools_is_refused(workspace: Any) -> None:
    """It can make no call."""
    workspace.write("evals/s.yaml", PROMPT_SUITE)
    workspace.write("m.jsonl", '{"when": "", "text": "x"}\n')
    workspace.write("prompts/pay/v1.py", TOOL_PROMPT.format(tools=""))
    told = workspace.run("check", code=2).stdout
    assert "evals/s.yaml:4:11 PE277 tool_calls reads calls of tools, and pay@v1 has no tools" in told


def test_calls_are_compared_after_the_tools_of_the_prompt(workspace: Any) -> None:
    """Their types and defaults; a suite that names schemas of its own keeps those."""
    workspace.write("evals/s.yaml", PROMPT_SUITE)
    workspace.write("m.jsonl", '{"when": "", "text": "x"}\n')
    workspace.write("prompts/pay/v1.py", TOOL_PROMPT.format(tools=", tools=[refund]"))
    plan = plan_suite(find_workspace(workspace.root), "evals/s.yaml")
    (case,) = plan.cases()
    for order, right in ((7, True), (7.0, False)):
        trace = Trace(tool_calls=(ToolCall("refund", {"order": order}),))
        score = plan.scorers[0].score(case, Observation("ok", trace=trace))
        assert isinstance(score, Score) and score.passed is right
    workspace.write(
        "evals/s.yaml", PROMPT_SUITE.replace("[tool_calls]", "[{tool_calls: {schemas: inputs.none}}]")
    )
    assert "PE323 case 'a': the case has no inputs.none" in workspace.run("check", code=2).stdout


def test_a_tool_that_two_prompts_define_differently_is_compared_untyped(workspace: Any) -> None:
    """And a warning says so, where one run asks both."""
    workspace.write("evals/s.yaml", PROMPT_SUITE)
    workspace.write("m.jsonl", '{"when": "", "text": "x"}\n')
    for number, other in (("1", "order: int"), ("2", "order: float")):
        text = TOOL_PROMPT.format(tools=", tools=[refund]").replace("order: int", other)
        workspace.write(f"prompts/pay/v{number}.py", text)
    both = ("pay@v1", "pay@v2")
    plan = plan_suite(find_workspace(workspace.root), "evals/s.yaml", prompts=both)
    told = [str(one) for one in plan.warnings if one.code == "PE279"]
    assert len(told) == 1 and "the prompts define tool 'refund' differently" in told[0]
