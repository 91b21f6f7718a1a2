"""The workspace in docs/judges.md, as it is written there, goes from an open gate to a decided one."""

import json
from typing import Any

from tests.e2e.test_tools_page import FILE
from tests.golden import ROOT

PAGE = (ROOT / "docs" / "judges.md").read_text(encoding="utf-8")


def test_the_workspace_of_the_page_runs(workspace: Any) -> None:
    """A starting judge, the suite, labels through the command, and the calibration."""
    files = dict(FILE.findall(PAGE))
    assert set(files) == {
        "evals/support.yaml", "datasets/questions.jsonl", "datasets/answers.jsonl", "judge.jsonl",
    }  # fmt: skip
    workspace.run("init", "--judge", "correctness", code=0)
    for path, text in files.items():
        workspace.write(path, text)
    workspace.run("check", "evals/support.yaml", code=0)
    first = workspace.run("run", "support", code=0).stdout
    assert "inconclusive" in first and "is not calibrated" in first
    labels = [
        {"case_id": f"q{n}", "label": "no" if n == 2 else "yes", "annotator": "ann"} for n in range(1, 5)
    ]
    workspace.write(
        "evals/judges/correctness.labels.jsonl", "".join(json.dumps(one) + "\n" for one in labels)
    )
    shown = workspace.run("label", "support", "--annotator", "bob").stdout
    assert "It is 5 years." in shown and "1 yes  2 no" in shown
    checked = workspace.run("judge", "check", "support", "-o", "judge.md", "-o", "judge.html").stdout
    assert "constant judge: 0.750 (yes)" in checked
    assert "is undefined on 4 labelled outputs" in checked and "label more outputs" in checked
    again = workspace.run("run", "support", code=0).stdout
    assert "4 labels, worth" in again and "label more outputs with `prompteval label`" in " ".join(
        again.split()
    )
    attacked = workspace.run("judge", "check", "support", "--attack").stdout
    assert "closed mark" in attacked


def test_every_option_on_the_page_is_one_of_its_command(workspace: Any) -> None:
    """What the page tells to type is there."""
    for command, options in (
        (("label",), ("--annotator", "--share", "--disagreements", "--balance", "--where")),
        (("judge", "check"), ("--epsilon", "--unparsed", "--attack", "--labels")),
    ):
        text = workspace.run(*command, "--help", code=0).stdout
        assert all(option in text and option in PAGE for option in options)
