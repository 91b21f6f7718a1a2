"""The suite in docs/tool_calls.md, as it is written there, gives the figures that stand beside it."""

import json
import re
from typing import Any

from tests.golden import ROOT

PAGE = (ROOT / "docs" / "tool_calls.md").read_text(encoding="utf-8")
FILE = re.compile(r"^`([a-z]+/[a-z]+\.[a-z]+)`[^\n]*:\n\n```[a-z]+\n(.*?)```", re.MULTILINE | re.DOTALL)


def test_the_suite_of_the_page_runs(workspace: Any) -> None:
    """Files, metrics in their order, and the reason that `show` gives."""
    files = FILE.findall(PAGE)
    assert [path for path, _ in files] == [
        "datasets/refunds.jsonl",
        "datasets/calls.jsonl",
        "evals/refunds.yaml",
    ]
    for path, text in files:
        workspace.write(path, text)
    done = workspace.run("run", "refunds", "--json", "-q", code=0)
    metrics = json.loads(done.stdout)["results"][0]["metrics"]
    told = re.search(r"gives ([0-9., and]+), and", PAGE)
    assert told is not None
    assert [float(number) for number in re.findall(r"[0-9.]+", told[1])] == [
        found["value"] for found in metrics.values()
    ]
    assert "refund: order 8, expected 7" in workspace.run("show", "--case", "refund", code=0).stdout
