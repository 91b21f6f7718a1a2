"""`prompteval trec` on the command line: what it prints, where it complains, how it ends."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.closed_schema import unmet
from tests.forks import Done, shared

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "trec"
CISI = ROOT / ".." / "shared" / "data" / "cisi"
CRANFIELD = ROOT / ".." / "shared" / "data" / "cranfield"


def trec(directory: Path, *arguments: str) -> Done:
    return shared().run(directory, "trec", *arguments)


def answer(directory: Path, *arguments: str) -> dict[str, Any]:
    done = trec(directory, *arguments, "--json")
    assert done.code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert unmet("trec", found) == []
    return found


def test_json_has_metrics_as_typed_counts_and_queries(tmp_path: Path) -> None:
    """As the contract says; a query without a relevant document is null."""
    found = answer(EXAMPLE, "qrels.txt", "run.txt", "-m", "ndcg@20", "-m", "recall(grade=2)@5", "--per-query")
    assert list(found["metrics"]) == ["ndcg@20", "recall(grade=2)@5"]
    assert found["metrics"]["recall(grade=2)@5"]["n"] == 1
    assert found["queries"] == {
        "judged": 4, "in_run": 4, "unjudged": 1, "missing": 1, "without_relevant": 1, "tie_sensitive": 1,
    }  # fmt: skip
    assert found["per_query"]["office-dog"] == {"ndcg@20": None, "recall(grade=2)@5": None}
    assert found["per_query"]["laptop-refresh"]["ndcg@20"] == 0.0


def test_ties_and_complete_only_are_trec_eval_s(tmp_path: Path) -> None:
    """The tied travel query is right at rank 1 by id; the missing query is gone, the irrelevant one is 0."""
    found = answer(
        EXAMPLE, "qrels.txt", "run.txt", "-m", "mrr", "--ties", "trec", "--complete-only", "--per-query"
    )
    assert found["per_query"] == {
        "office-dog": {"mrr": 0.0},
        "parental-leave": {"mrr": 1.0},
        "travel-budget": {"mrr": 1.0},
    }
    assert found["metrics"]["mrr"]["value"] == pytest.approx(2 / 3) and found["metrics"]["mrr"]["n"] == 3


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["q", "absent"], "absent PE370 cannot be read: No such file or directory"),
        (["q", "r", "-m", "ndgc@10"], "unknown ranking metric 'ndgc' (did you mean 'ndcg'?)"),
        (["q", "r", "-m", "recall"], "'recall' needs a cut-off: write recall@10"),
        (["q", "r", "--ties", "best"], "unknown --ties 'best' (known: input, trec)"),
        (
            ["q", "broken"],
            "broken:2:1 PE371 5 fields where 6 should be (a line is: query Q0 document rank score tag)",
        ),
        (["q", "other"], "no query of other is judged in q (the run has 'x', the judgments 'a'"),
    ],
)
def test_a_mistake_is_exit_2_with_its_mend(tmp_path: Path, arguments: list[str], told: str) -> None:
    """On standard error, at its file and line, with nothing on standard output."""
    (tmp_path / "q").write_text("a 0 d 1\n")
    (tmp_path / "r").write_text("a Q0 d 1 1.0 t\n")
    (tmp_path / "broken").write_text("a Q0 d 1 1.0 t\na Q0 e 2 1.0\n")
    (tmp_path / "other").write_text("x Q0 d 1 1.0 t\n")
    done = trec(tmp_path, *arguments)
    assert (done.code, done.stdout) == (2, "") and told in done.stderr


def test_a_repeated_document_is_told_and_its_best_rank_counts(tmp_path: Path) -> None:
    """Exit 0: a run may have been joined from parts."""
    (tmp_path / "q").write_text("a 0 d 1\n")
    (tmp_path / "r").write_text("a Q0 x 1 3 t\na Q0 d 2 1 t\na Q0 d 3 2 t\na Q0 y 4 1.5 t\n")
    done = trec(tmp_path, "q", "r", "-m", "mrr", "--json")
    assert json.loads(done.stdout)["metrics"]["mrr"]["value"] == 0.5
    assert "r:3:1 PE375 1 line with a document the query already has" in done.stderr


def test_judgments_of_cranfield_are_read_as_published(tmp_path: Path) -> None:
    """BEIR's columns, 225 queries; a perfect run of one query leaves 224 missing."""
    if not CRANFIELD.exists():
        pytest.skip("../shared/data/cranfield is absent")
    (tmp_path / "r").write_text("1 Q0 184 1 1.0 t\n")
    found = answer(tmp_path, str(CRANFIELD / "qrels" / "test.tsv"), "r", "-m", "precision@1")
    assert (found["queries"]["judged"], found["queries"]["missing"]) == (225, 224)
    assert found["metrics"]["precision@1"]["value"] == pytest.approx(1 / 225)


def test_unjudged_queries_of_cisi_are_counted(tmp_path: Path) -> None:
    """A run of all 112 queries: 76 are judged, 36 not, and the mean is over the 76."""
    if not CISI.exists():
        pytest.skip("../shared/data/cisi is absent")
    asked = [json.loads(line)["_id"] for line in (CISI / "queries.jsonl").read_text().splitlines()]
    (tmp_path / "r").write_text("".join(f"{query} Q0 1 1 1.0 t\n" for query in asked))
    found = answer(tmp_path, str(CISI / "qrels" / "test.tsv"), "r", "-m", "map")
    assert found["queries"] == {
        "judged": 76, "in_run": 112, "unjudged": 36, "missing": 0, "without_relevant": 0, "tie_sensitive": 0,
    }  # fmt: skip
    assert found["metrics"]["map"]["n"] == 76
