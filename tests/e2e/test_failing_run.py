"""What a failing run says of its cases, and what no text of a workspace can make it say."""

import re
from typing import Any

import pytest

from tests.e2e.conftest import SUITE
from tests.e2e.rag_parts import fill


@pytest.fixture
def failing(workspace: Any) -> Any:
    """Three of four right, and a gate that asks for more."""
    workspace.write("evals/s.yaml", SUITE.replace("0.7", "0.9"))
    return workspace


@pytest.mark.parametrize("more", [(), ("-v",)])
def test_a_failing_run_names_its_failing_cases_and_how_to_look(failing: Any, more: tuple[str, ...]) -> None:
    """Only those, each with the scorer that failed it, and the command that shows one."""
    shown = failing.run("run", *more, code=1).stdout
    assert re.findall(r"^  (c\d)  fails (.+)$", shown, re.MULTILINE) == [
        ("c4", "exact (expected payments, got support)")
    ]
    assert re.search(r"prompteval show \S+ --case c4$", shown, re.MULTILINE)


def test_the_slice_table_has_the_metrics_that_gate(failing: Any) -> None:
    """Another metric of the suite is shown by -v alone."""
    failing.write(
        "evals/s.yaml", SUITE.replace("0.7", "0.9").replace("[accuracy,", "[f1(average=macro), accuracy,")
    )
    rows = [line for line in failing.run("run", code=1).stdout.splitlines() if " channel=" in line]
    assert rows and all("accuracy" in row for row in rows)
    full = failing.run("run", "-v", code=1).stdout
    table = full[full.index(" channel   metric") :].splitlines()[2:6]  # under the head and its line
    assert [row.split()[:2] for row in table] == [
        ["a", "f1(average=macro)"], ["a", "accuracy"], ["b", "f1(average=macro)"], ["b", "accuracy"],
    ]  # fmt: skip


def test_no_name_of_a_file_makes_a_run_fail_by_strict_model(workspace: Any) -> None:
    """What the server said decides, not the words of a note: a corpus file has any name."""
    rag = fill(workspace)
    rag.write("datasets/docs/the server answered with another model: x.pdf", "no pdf")
    found = rag.run_json("--strict-model")
    assert any("another model" in str(note) for note in found["results"][0]["notes"])
    assert found["verdict"] == "pass"
