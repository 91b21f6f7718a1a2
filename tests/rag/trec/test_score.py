"""A run scored from its files: equal to trec_eval, its denominators counted, its ties told."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st

from prompteval.core.errors import UsageError
from prompteval.core.retrieval import Ties
from prompteval.metrics.judged import judge
from prompteval.metrics.ranking import per_query, tie_sensitive
from prompteval.metrics.ranking_names import parse_ranking_metric
from prompteval.rag.trec import read
from prompteval.rag.trec.join import join
from prompteval.rag.trec.read import rankings, read_qrels, read_run
from prompteval.rag.trec.score import TrecReport, score
from tests.metrics.builders import plain_gold

NAMES = {
    "ndcg@3": "ndcg_cut_3", "ndcg": "ndcg", "recall@3": "recall_3", "precision@3": "P_3",
    "hit@3": "success_3", "mrr": "recip_rank", "map": "map",
}  # fmt: skip
METRICS = [parse_ranking_metric(name, ()) for name in NAMES]
documents = st.sampled_from(
    ["a", "b", "é", "é9", "\U0001f600", "\uffff", "doc-with-a-long-name-1", "doc-with-a-long-name-2"]
)
scores = st.sampled_from([0.0, 1.0, 1.0 + 2**-30, 16777217.0, 16777216.0, -2.5])
query_ids = st.sampled_from(["q1", "q2", "q10", "q-é"])
runs = st.lists(st.tuples(query_ids, documents, scores), min_size=1, unique_by=lambda row: row[:2])
judgments = st.dictionaries(st.tuples(query_ids, documents), st.integers(-2, 3), min_size=1)


def write(directory: Path, run: str, qrels: str) -> tuple[Path, Path]:
    (directory / "run").write_text(run, encoding="utf-8")
    (directory / "qrels").write_text(qrels, encoding="utf-8")
    return directory / "qrels", directory / "run"


def report(
    directory: Path, run: str, qrels: str, *names: str, ties: Ties = "input", complete: bool = False
) -> TrecReport:
    wanted = [parse_ranking_metric(name, ()) for name in names]
    paths = write(directory, run, qrels)
    return score(join(read_qrels(paths[0]), read_run(paths[1]), ties), wanted, complete_only=complete)


@settings(deadline=None)
@given(runs, judgments, st.booleans())
def test_files_score_as_trec_eval_scores_them(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str, float]], grades: dict[tuple[str, str], int], collide: bool,
) -> None:  # fmt: skip
    """Ties, negative labels, missing and unjudged queries, lines in any order; also if all hashes are equal."""
    run_text = "".join(f"{q} Q0 {d} 1 {s!r} t\n" for q, d, s in rows)
    qrels_text = "".join(f"{q} 0 {d} {g}\n" for (q, d), g in grades.items())
    paths = write(tmp_path_factory.mktemp("trec"), run_text, qrels_text)
    qrels: dict[str, dict[str, int]] = {}
    run: dict[str, dict[str, float]] = {}
    for (query, document), grade in grades.items():
        qrels.setdefault(query, {})[document] = max(grade, 0)
    for query, document, value in rows:
        run.setdefault(query, {})[document] = value
    wanted: dict[str, Any] = pytrec_eval.RelevanceEvaluator(
        qrels, {"ndcg_cut.3", "ndcg", "recall.3", "P.3", "success.3", "recip_rank", "map"}
    ).evaluate(run)
    if not wanted:
        with pytest.raises(UsageError, match="no query of"):
            join(read_qrels(paths[0]), read_run(paths[1]), "trec")
        return
    with pytest.MonkeyPatch.context() as patch:
        if collide:
            patch.setattr(read, "hashed", lambda texts: np.zeros(len(texts), dtype=np.uint64))
        found = score(join(read_qrels(paths[0]), read_run(paths[1]), "trec"), METRICS, complete_only=True)
    assert sorted(wanted) == list(found.queries)
    for ours, theirs in NAMES.items():
        assert found.values[ours] == pytest.approx(
            [wanted[query][theirs] for query in found.queries], abs=1e-9
        )
        assert found.metrics[ours].value == pytest.approx(
            np.mean([v[theirs] for v in wanted.values()]), abs=1e-9
        )


@settings(deadline=None)
@given(runs, judgments, st.sampled_from(["input", "trec"]))
def test_columns_say_what_single_rankings_say(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str, float]], grades: dict[tuple[str, str], int], ties: Ties,
) -> None:  # fmt: skip
    """With repeated lines too: the same values and the same sensitivity to ties as through `Ranking`."""
    run_text = "".join(
        f"{q} Q0 {d} 1 {s!r} t\n" for q, d, s in [*rows, *((q, d, s - 1.0) for q, d, s in rows[::2])]
    )
    qrels_text = "".join(f"{q} 0 {d} {g}\n" for (q, d), g in grades.items())
    paths = write(tmp_path_factory.mktemp("trec"), run_text, qrels_text)
    run = read_run(paths[1])
    ranked = rankings(run, ties)
    if not set(ranked) & {query for query, _ in grades}:
        return
    joined = join(read_qrels(paths[0]), run, ties)
    assert joined.duplicates == len(rows[::2])
    golds = [plain_gold({d: g for (q, d), g in grades.items() if q == query}) for query in joined.queries]
    single = judge(
        [ranked.get(query, type(next(iter(ranked.values())))(())) for query in joined.queries], golds
    )
    for metric in METRICS:
        assert per_query(joined.judged, metric)[0].tolist() == per_query(single, metric)[0].tolist()
    assert tie_sensitive(joined.judged, METRICS).tolist() == tie_sensitive(single, METRICS).tolist()


RUN = "q1 Q0 x 1 3 t\nq1 Q0 a 2 2 t\nq3 Q0 a 1 1 t\nq9 Q0 a 1 1 t\n"
QRELS = "q1 0 a 1\nq2 0 a 1\nq3 0 b 0\n"


def test_a_missing_query_counts_and_one_with_nothing_relevant_does_not(tmp_path: Path) -> None:
    """Of q1 (rank 2), q2 (missing) and q3 (nothing relevant): (1/2 + 0) / 2; q9 is not judged."""
    found = report(tmp_path, RUN, QRELS, "mrr")
    assert (found.metrics["mrr"].value, found.n["mrr"]) == (0.25, 2)
    assert found.counts == {
        "judged": 3, "in_run": 3, "unjudged": 1, "missing": 1, "without_relevant": 1, "tie_sensitive": 0,
    }  # fmt: skip
    assert found.as_json(with_queries=True)["per_query"] == {
        "q1": {"mrr": 0.5},
        "q2": {"mrr": 0.0},
        "q3": {"mrr": None},
    }


def test_complete_only_is_what_the_run_and_the_judgments_share(tmp_path: Path) -> None:
    """q1 and q3, the latter 0: (1/2 + 0) / 2 over other queries."""
    found = report(tmp_path, RUN, QRELS, "mrr", complete=True)
    assert (found.metrics["mrr"].value, found.n["mrr"]) == (0.25, 2)
    assert found.as_json(with_queries=True)["per_query"] == {"q1": {"mrr": 0.5}, "q3": {"mrr": 0.0}}


def test_tied_hits_keep_the_order_of_the_file_unless_trec_is_asked_for(tmp_path: Path) -> None:
    """`a` before `b` as written; descending by id for trec_eval; either way the query is counted."""
    run = "q1 Q0 a 1 1 t\nq1 Q0 b 2 1 t\n"
    for ties, value in (("input", 1.0), ("trec", 0.5)):
        found = report(tmp_path, run, "q1 0 a 1\n", "mrr", ties=ties)  # type: ignore[arg-type]
        assert found.metrics["mrr"].value == value and found.counts["tie_sensitive"] == 1


def test_no_relevant_document_anywhere_is_undefined_with_a_reason(tmp_path: Path) -> None:
    """Never 0, never NaN."""
    found = report(tmp_path, "q1 Q0 a 1 1 t\n", "q1 0 a 0\n", "map")
    assert found.metrics["map"].value is None and found.n["map"] == 0
    assert found.as_json(with_queries=False)["metrics"]["map"]["reason"] == "no case was scored"


def test_grades_too_high_for_an_exponential_gain_are_refused(tmp_path: Path) -> None:
    """2^grade would lose its digits."""
    with pytest.raises(UsageError, match="grades up to 50"):
        report(tmp_path, "q1 Q0 a 1 1 t\n", "q1 0 a 51\n", "ndcg(gain=exp)@10")
