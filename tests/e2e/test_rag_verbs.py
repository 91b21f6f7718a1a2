"""`rag search` and `rag sweep` through the command line, by BM25 alone."""

import json
from pathlib import Path

import jsonschema
import pytest

from prompteval.report.page.schema import page_schema
from tests.closed_schema import unmet
from tests.e2e.conftest import Workspace
from tests.e2e.rag_parts import SUITE, fill
from tests.report.reading_page import read_page


@pytest.fixture
def rag(workspace: Workspace) -> Workspace:
    """Three documents and seven questions; chunks of at most 16 tokens."""
    made = fill(workspace)
    suite = SUITE % {"k": 2, "tokens": 60}
    made.write("evals/q.yaml", suite.replace("chunker: none", "chunker: {kind: sentence, size: 16}"))
    return made


def sweep(rag: Workspace, *arguments: str) -> dict:  # type: ignore[type-arg]
    done = rag.run("rag", "sweep", "--json", *arguments, code=0)
    found: dict = json.loads(done.stdout)  # type: ignore[type-arg]
    assert unmet("rag-sweep", found) == []
    return found


def test_search_shows_what_each_stage_did(rag: Workspace) -> None:
    """Candidates in their order with their fate; those below k are told from those packed."""
    found = json.loads(rag.run("rag", "search", "crate of pears", "--json", code=0).stdout)
    assert unmet("rag-search", found) == []
    fates = [item["fate"] for item in found["candidates"]]
    assert (
        found["candidates"][0]["id"].startswith("pears.md:")
        and "crate of pears" in found["candidates"][0]["text"]
    )
    assert fates[:3] == ["packed", "packed", "below k"] and 0 < found["tokens"] <= found["budget"] == 60
    assert "2 packed" in rag.run("rag", "search", "crate of pears", code=0).stdout


def test_search_of_a_case_marks_its_gold(rag: Workspace) -> None:
    """And an unknown case, no question, or a question that finds nothing are said plainly."""
    out = json.loads(rag.run("rag", "search", "--case", "wrong", "--json", code=0).stdout)
    assert unmet("rag-search", out) == []
    assert any(item["gold"] for item in out["candidates"])
    assert "did you mean 'wrong'" in rag.run("rag", "search", "--case", "wrogn", code=2).stderr
    assert "give either a question or --case" in rag.run("rag", "search", code=2).stderr
    assert "nothing was found" in rag.run("rag", "search", "zzz", code=0).stdout


def test_a_sweep_compares_every_cell_with_the_suites_own(rag: Workspace) -> None:
    """Every combination once, at one budget, the reference first; Holm over the others."""
    swept = sweep(
        rag, "--chunker", "none", "--chunker", "fixed", "--size", "8", "--size", "16", "--budget", "40"
    )
    names = [cell["name"] for cell in swept["cells"]]
    assert names == ["sentence 16 bm25", "none bm25", "fixed 8 bm25", "fixed 16 bm25"]
    assert swept["reference"] == names[0] and swept["cells"][0]["verdict"] == "reference"
    assert (swept["budget"], swept["questions"]) == (40, 5)
    for cell in swept["cells"]:
        budgets, tokens, recalls = zip(*cell["curve"], strict=True)
        assert budgets == (5, 10, 15, 20, 25, 30, 35, 40) and recalls[-1] == pytest.approx(cell["recall"])
        assert list(tokens) == sorted(tokens) and list(recalls) == sorted(recalls)
        assert all(used <= budget for budget, used in zip(budgets, tokens, strict=True))
    for cell in swept["cells"][1:]:
        assert cell["p_adjusted"] >= cell["p"] and cell["low"] <= cell["delta"] <= cell["high"]
        assert cell["delta"] == pytest.approx(cell["recall"] - swept["cells"][0]["recall"])
    assert swept["cells"][1]["whole"] == swept["cells"][1]["spans"] == 5


def test_a_stopped_sweep_continues_where_it_was(rag: Workspace, tmp_path: Path) -> None:
    """Cells that are done are read, others measured; a changed corpus is measured again."""
    first = sweep(rag, "--chunker", "none")
    again = rag.run(
        "rag",
        "sweep",
        "--chunker",
        "none",
        "--chunker",
        "fixed",
        "--size",
        "8",
        "-o",
        "s.md",
        "-o",
        "s.html",
        code=0,
    )
    assert "2 cells were measured before" in again.stderr
    assert "| none bm25 |" in (rag.root / "s.md").read_text(encoding="utf-8")
    document = read_page((rag.root / "s.html").read_text(encoding="utf-8")).document
    jsonschema.validate(document, page_schema())
    (table,) = document["sections"][0]["tables"]
    assert [row[0] for row in table["rows"]] == [
        point[3] for point in document["sections"][0]["drawn"]["plots"][1]["points"]
    ]
    assert [line[1] is None for line in table["differences"]].count(True) == 1  # the reference
    rag.write("datasets/docs/figs.md", "Pears and figs. Crates hold figs.")
    changed = rag.run("rag", "sweep", "--chunker", "none", code=0)
    assert "measured before" not in changed.stderr
    assert first["cells"][0]["name"] == "sentence 16 bm25"


def test_a_sweep_says_what_it_cannot_do(rag: Workspace) -> None:
    """Unknown names, a reranker that asks a model, a wrong file ending: exit 2, before any work."""
    assert "unknown chunker 'fixd'" in rag.run("rag", "sweep", "--chunker", "fixd", code=2).stderr
    assert "calls no model" in rag.run("rag", "sweep", "--reranker", "llm", code=2).stderr
    assert (
        "unsupported file extension '.csv' (known: .html, .json, .md)"
        in rag.run("rag", "sweep", "-o", "x.csv", code=2).stderr
    )
