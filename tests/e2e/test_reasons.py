"""Questions by the reason they failed by: `show --reason`, the failing list, the tables."""

import json

import pytest

from tests.e2e.conftest import Workspace
from tests.e2e.rag_parts import SUITE, fill


@pytest.fixture
def short(workspace: Workspace) -> Workspace:
    """A budget that no page about plums fits in, and a gate that is missed."""
    rag = fill(workspace)
    rag.write("evals/q.yaml", (SUITE % {"k": 3, "tokens": 22}).replace(">= 0.5", ">= 0.9"))
    rag.run("run", code=1)
    return rag


def test_questions_are_listed_by_reason_with_what_to_try(short: Workspace) -> None:
    """Those and no other, each with its figures; the command that shows one."""
    shown = short.run("show", "--reason", "budget_miss", code=0).stdout
    assert "  silent  gold of plums.md at rank 1 of 3; it takes 27 tokens, the budget is 22" in shown
    assert "  miscited  " in shown and "  far  " not in shown and "2 cases" in shown
    assert "try: a larger `context_tokens`" in shown and "--case miscited" in shown


def test_the_failing_list_and_the_tables_name_reasons_and_cases(short: Workspace) -> None:
    """In the terminal and on the page; nobody has to look up `attribution`."""
    text = short.run("run", "-o", "r.html", code=1).stdout
    assert "  far  retrieval_miss: nothing was retrieved\n" in text
    assert "--reason budget_miss" in text and "encoder cut" not in text
    (row,) = [line for line in text.splitlines() if line.startswith(" budget_miss")]
    assert "miscited, silent" in row
    assert "miscited, silent" in (short.root / "r.html").read_text(encoding="utf-8")


def test_json_has_reason_figures_and_advice(short: Workspace) -> None:
    """A line a row, and the ids by reason in the run's own document."""
    lines = short.run("show", "--reason", "budget_miss", "--json", code=0).stdout.splitlines()
    found = {row["case_id"]: row["failure"] for row in map(json.loads, lines)}
    assert found.keys() == {"miscited", "silent"}
    assert found["silent"]["reason"] == "budget_miss" and "27 tokens" in found["silent"]["seen"]
    (result,) = json.loads(short.run("show", "--json", code=0).stdout)["results"]
    assert result["failures"]["cases"]["budget_miss"] == ["miscited", "silent"]


def test_an_unknown_reason_and_one_that_nothing_has(short: Workspace) -> None:
    """The nearest name; what there is instead; one thing at a time."""
    assert "did you mean 'rank_miss'?" in short.run("show", "--reason", "rank_mis", code=2).stderr
    assert (
        "it has retrieval_miss 1, budget_miss 2" in short.run("show", "--reason", "rank_miss", code=5).stderr
    )
    short.run("show", "--reason", "rank_miss", "--case", "far", code=2)
