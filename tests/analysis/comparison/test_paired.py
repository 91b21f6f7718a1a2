"""One metric of B against A: aligned by case, the test of its kind, and a reason where there is none."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, roc_auc_score

from prompteval.analysis.columns.entry_columns import EntryColumns, build_columns
from prompteval.analysis.comparison.paired import compare_metric
from prompteval.core.stored import Reported, StoredRow, StoredScore
from prompteval.core.verdict import Comparison, ComparisonVerdict
from prompteval.metrics.curves import weighted_roc_auc
from prompteval.metrics.names import parse_metric
from prompteval.metrics.table import metric_spec
from prompteval.plan.measures import Measure
from prompteval.stats.paired.decision import DecisionRule, decide


def _measure(text: str) -> Measure:
    name = parse_metric(text)
    return Measure(text, name, metric_spec(name), "s")


def _columns(measure: Measure, rows: list[dict[str, Any]]) -> EntryColumns:
    """Rows of {value, labels?, evidence?, outcome?, confidence?, details?, turns?}."""
    stored = []
    for number, row in enumerate(rows):
        score = StoredScore(
            "s",
            row.get("value"),
            row.get("status", "scored"),
            row.get("labels"),
            evidence=row.get("evidence", {}),
        )
        for turn in range(row.get("turns", 1)):
            stored.append(
                StoredRow(
                    f"c{number:04d}",
                    turn,
                    row.get("outcome", "ok"),
                    confidence=row.get("confidence"),
                    cluster=row.get("cluster"),
                    scores=(score,),
                    reported=Reported(row.get("details", {})),
                )
            )
    needs = {} if measure.spec.source.kind == "values" else {("s", measure.spec.source): ""}
    return build_columns(stored, ["s"], (), keep_ids=True, needs=needs)


def _compare(text: str, a: list[dict[str, Any]], b: list[dict[str, Any]]) -> Comparison:
    measure = _measure(text)
    found = compare_metric(measure, _columns(measure, a), _columns(measure, b), alpha=0.05)
    return decide([found], [DecisionRule()])[0]


def _labelled(pairs: list[tuple[str, str | None]]) -> list[dict[str, Any]]:
    return [{"value": float(e == p), "labels": [e, p]} for e, p in pairs]


def test_f1_of_both_sides_is_that_of_all_their_cases() -> None:
    """A class that only one side predicts counts on that side; scikit-learn agrees."""
    wanted = list("xyxyzz") * 5
    first, second = list("xyxyzy") * 5, list("xyyyzw") * 5
    found = _compare(
        "f1",
        _labelled(list(zip(wanted, first, strict=True))),
        _labelled(list(zip(wanted, second, strict=True))),
    )
    for side, predicted in ((found.a, first), (found.b, second)):
        expected = f1_score(wanted, predicted, average="macro", zero_division=0)
        assert side == pytest.approx(expected, abs=1e-9)
    assert (found.test, found.method, found.pairs) == ("swap", "bca", 30)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.integers(0, 3)), min_size=2, max_size=30),
)
def test_weighted_roc_auc_is_scikit_learns(rows: list[tuple[int, bool, int]]) -> None:
    """With ties, with weights of nothing, to 1e-9."""
    scores, positive, weights = (np.asarray(column) for column in zip(*rows, strict=True))
    if len({bool(p) for p, w in zip(positive, weights, strict=True) if w}) < 2:
        return
    found = weighted_roc_auc(scores.astype(float), positive)(weights.astype(float))
    assert found == pytest.approx(roc_auc_score(positive, scores, sample_weight=weights), abs=1e-9)


def test_roc_auc_is_compared_over_all_its_cases() -> None:
    """A model that separates better: both areas are scikit-learn's, the difference is tested by swaps."""
    generator = np.random.default_rng(1)
    wanted = generator.random(60) < 0.5
    sides, areas = [], []
    for noise in (1.0, 0.2):
        share = 1 / (1 + np.exp(-(wanted * 2.0 - 1.0 + noise * generator.normal(size=60))))
        rows = [
            {
                "value": float(w == (s > 0.5)),
                "labels": ["yes" if w else "no", "yes" if s > 0.5 else "no"],
                "details": {"probabilities": {"yes": s, "no": 1 - s}},
            }
            for w, s in zip(wanted.tolist(), share.tolist(), strict=True)
        ]
        sides.append(rows)
        areas.append(roc_auc_score(wanted, share))
    found = _compare("roc_auc(label=yes)", *sides)
    assert (found.a, found.b) == (pytest.approx(areas[0], abs=1e-9), pytest.approx(areas[1], abs=1e-9))
    assert found.p is not None and found.verdict is not ComparisonVerdict.REGRESSED


def test_cases_that_one_side_could_not_score_are_missing() -> None:
    """Nothing passes with them: what would be not worse is incomplete."""
    good = [{"value": 1.0}] * 300
    found = _compare("accuracy", good, [*good[:-2], {"status": "failed"}, {"status": "failed"}])
    assert (found.pairs, found.missing, found.verdict) == (298, 2, ComparisonVerdict.INCOMPLETE)


def test_unusable_outputs_of_an_unbounded_metric_are_undecidable() -> None:
    """An answer without a number has no place in the mean absolute error."""
    rows = [{"value": 1.0, "evidence": {"expected": 1.0, "given": 1.0 + i % 3}} for i in range(80)]
    found = _compare("mae", rows, [*rows[:-1], {"value": 0.0, "evidence": {"expected": 1.0}}])
    assert found.verdict is ComparisonVerdict.INCONCLUSIVE
    assert "1 unusable outputs cannot count in mae" in found.detail


def test_any_and_all_need_as_many_repeats_on_both_sides() -> None:
    """More chances on one side would be no comparison; the plain mean stays one."""
    once, thrice = [{"value": 1.0}] * 40, [{"value": 1.0, "turns": 3}] * 40
    for text in ("accuracy(reduce=any)", "accuracy(reduce=all)", "accuracy(reduce=majority)"):
        assert _compare(text, once, thrice).reason == "the two sides did not repeat the cases equally often"
        assert _compare(text, thrice, thrice).p == 1.0
    assert _compare("accuracy", once, thrice).p == 1.0


@pytest.mark.parametrize("text", ["accuracy", "f1", "mcc", "kappa", "mean", "mae", "r2", "spearman"])
@pytest.mark.parametrize("count", [0, 1, 2, 40])
def test_b13_degenerate_sides_have_a_reason_and_decide_nothing(text: str, count: int) -> None:
    """No case, one case, one class, all ties, no variance: never NaN, never significant."""
    rows = [
        {"value": 1.0, "labels": ["x", "x"], "evidence": {"expected": 2.0, "given": 2.0}}
        for _ in range(count)
    ]
    found = _compare(text, rows, rows)
    numbers = (found.a, found.b, found.delta, found.low, found.high, found.p, found.p_adjusted, found.mde)
    assert all(value is None or np.isfinite(value) for value in numbers)
    assert found.verdict not in (ComparisonVerdict.REGRESSED, ComparisonVerdict.IMPROVED)
    assert found.reason or found.p == 1.0


def test_clusters_of_either_side_count() -> None:
    """Cases that were taken out of their cluster on one side do not become independent of each other."""
    threads = [{"value": float(n % 7 > 0), "cluster": f"t{n // 10}"} for n in range(200)]
    apart = [{"value": float(n % 5 > 0)} for n in range(200)]
    there, back = _compare("accuracy", threads, apart), _compare("accuracy", apart, threads)
    assert (there.clusters, back.clusters, there.test) == (20, 20, "cluster-sign-flip")
    assert there.p == back.p
