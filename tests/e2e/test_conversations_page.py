"""The workspace in docs/conversations.md, as it is written there, does what stands beside it."""

import json
from typing import Any

from tests.e2e.test_tools_page import FILE
from tests.golden import ROOT

PAGE = (ROOT / "docs" / "conversations.md").read_text(encoding="utf-8")


def test_the_workspace_of_the_page_runs(workspace: Any) -> None:
    """The last turns, every turn, and four turns with the customer."""
    files = dict(FILE.findall(PAGE))
    assert len(files) == 8
    for path, text in files.items():
        workspace.write(path, text)
    workspace.run("check", "evals/desk.yaml", "evals/goals.yaml", code=0)
    assert "prompt 'customer' has no suite" not in workspace.run("check", code=0).stdout
    done = workspace.run("run", "desk", "goals", "--json", "-q", code=0)
    desk, goals = json.loads(done.stdout)["results"]
    assert desk["metrics"]["accuracy"]["value"] == 0.5
    assert (desk["metrics"]["accuracy(scorer=each)"]["value"], desk["metrics"]["accuracy(scorer=each)"]["n"]) == (
        0.5, 4,
    )  # fmt: skip
    assert goals["usage"]["user"]["requests"] == 4 and goals["metrics"]["accuracy"]["value"] == 1.0
    shown = workspace.run("show", "last", "--case", "order", code=0).stdout
    assert "  2  user    And order 8?\n     answer  Lost.\n" in shown
