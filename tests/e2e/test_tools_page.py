"""The workspace in docs/tools.md, as it is written there, does what stands beside it."""

import json
import re
from typing import Any

from tests.golden import ROOT

PAGE = (ROOT / "docs" / "tools.md").read_text(encoding="utf-8")
FILE = re.compile(r"^`([\w/]+\.[a-z]+)`[^\n]*:\n\n```[a-z]+\n(.*?)```", re.MULTILINE | re.DOTALL)


def test_the_workspace_of_the_page_runs(workspace: Any) -> None:
    """Two of three cases are right, and the page of the third says why."""
    files = FILE.findall(PAGE)
    assert [path for path, _ in files] == [
        "prompts/refunds/v1.py", "evals/fakes.py", "datasets/refunds.jsonl", "evals/refunds.yaml", "model.jsonl",
    ]  # fmt: skip
    for path, text in files:
        workspace.write(path, text)
    workspace.run("check", "evals/refunds.yaml", code=0)
    done = workspace.run("run", "refunds", "--json", "-q", code=0)
    metrics = json.loads(done.stdout)["results"][0]["metrics"]
    assert metrics["accuracy"]["value"] * 3 == 2
    shown = workspace.run("show", "--case", "broken", code=0).stdout
    assert '  step 1  get_order(order=7) → {"order": 7, "total": 12.5}' in shown
    assert "refund: amount 125, expected 12.5" in shown
    assert "LookupError: no order 8" in workspace.run("show", "--case", "unknown", code=0).stdout


def test_the_script_of_the_page_is_a_server() -> None:
    """The example for tests is what the fake server takes."""
    from prompteval.testing.server import Reply

    code = re.search(r"^replies = (\[.*?^\])$", PAGE, re.MULTILINE | re.DOTALL)
    assert code is not None
    (reply,) = eval(code[1], {"Reply": Reply})
    assert [name for step in reply.tool_calls for name, _ in step] == ["get_order", "refund"]
