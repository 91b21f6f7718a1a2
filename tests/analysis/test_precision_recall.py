"""Precision and recall over thresholds, from stored rows: the values of scikit-learn."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from prompteval.analysis.columns.entry_columns import build_columns
from prompteval.analysis.precision_recall import (
    MOST_POINTS,
    curve_labels,
    curve_needs,
    precision_recall_curves,
)
from prompteval.core.stored import Reported, StoredRow, StoredScore
from prompteval.metrics.names import parse_metric
from prompteval.metrics.table import metric_spec
from prompteval.report.threshold_view import PrecisionRecallCurve, curve_from

# Expected class, given class, and the confidence in each class (None where there is none).
Case = tuple[str, str | None, dict[str, float] | None]
SHARES = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0])


def rows_of(cases: Sequence[Case]) -> list[StoredRow]:
    found = []
    for number, (expected, given_class, shares) in enumerate(cases):
        score = StoredScore("exact", float(expected == given_class), labels=(expected, given_class))
        reported = Reported({"probabilities": shares} if shares is not None else {})
        outcome = "ok" if given_class is not None else "invalid"
        found.append(StoredRow(f"{number:05}", 0, outcome, scores=(score,), reported=reported))
    return found


def curves(cases: Sequence[Case], metric: str = "brier") -> dict[str, PrecisionRecallCurve]:
    """By class, with a suite whose only metric of a confidence is `metric`."""
    rows = rows_of(cases)
    needs = {("exact", metric_spec(parse_metric(metric)).source): ""}
    labels = curve_labels(build_columns(rows, ["exact"], [], keep_ids=False, needs=needs))
    columns = build_columns(rows, ["exact"], [], keep_ids=False, needs=curve_needs(labels, {}))
    return {one.label: one for one in precision_recall_curves(labels, columns)}


@given(st.lists(st.tuples(st.sampled_from("abc"), SHARES, SHARES, SHARES), min_size=4, max_size=40))
def test_each_class_has_the_curve_of_scikit_learn(drawn: list[tuple[str, float, float, float]]) -> None:
    """One against the rest, ties crossed together; the area is the average precision."""
    shares = [dict(zip("abc", one[1:], strict=True)) for one in drawn]
    given_classes = [max(one, key=lambda label: one[label]) for one in shares]
    classes = {*given_classes, *(one[0] for one in drawn)}
    assume(len(classes) == 3)
    cases = [
        (one[0], given_class, s) for one, given_class, s in zip(drawn, given_classes, shares, strict=True)
    ]
    for label, found in curves(cases).items():
        truth, scores = [one[0] == label for one in drawn], [one[label] for one in shares]
        precision, recall, thresholds = sklearn_metrics.precision_recall_curve(truth, scores)
        wanted = np.stack([recall[:-1], precision[:-1], thresholds], axis=-1)[::-1]
        np.testing.assert_allclose(np.asarray(found.points, float), wanted, atol=1e-12)
        assert found.average_precision == pytest.approx(
            sklearn_metrics.average_precision_score(truth, scores), abs=1e-9
        )
        assert (found.n, found.positives) == (len(drawn), sum(truth))


def test_a_class_that_no_case_expects_has_no_curve() -> None:
    """Nor one that every case expects; the others have theirs."""
    cases: list[Case] = [("a", "c", {"a": 0.4, "c": 0.6}), ("b", "b", {"b": 0.7}), ("a", "a", {"a": 0.9})]
    assert set(curves(cases)) == {"a", "b"}
    assert curves([("a", "a", {"a": 0.9}), ("a", "b", {"b": 0.9})]) == {}


def test_cases_without_a_confidence_are_left_out_and_counted() -> None:
    """The curve is that of the other cases."""
    known: list[Case] = [("yes", "yes", {"yes": 0.9, "no": 0.1}), ("no", "yes", {"yes": 0.6, "no": 0.4})]
    found = curves([*known, ("yes", "yes", None), ("no", "no", None)])
    assert list(found) == ["yes"]
    assert (found["yes"].n, found["yes"].missing) == (2, 2) and found["yes"].points == curves(known)[
        "yes"
    ].points


def test_an_unusable_output_is_taken_last_where_it_should_be_found_and_first_where_not() -> None:
    """Below every threshold for the class, above every one for another; neither is a probability."""
    cases: list[Case] = [("yes", "yes", {"yes": 0.9}), ("yes", None, None), ("no", None, None)]
    assert curves(cases)["yes"].points == ((0.0, 0.0, None), (0.5, 0.5, 0.9), (1.0, 2 / 3, None))


def test_of_many_thresholds_some_are_kept_with_both_ends() -> None:
    """Each as it was, and the area is that of all."""
    generator = np.random.default_rng(3)
    scores = generator.random(5_000)
    truth = generator.random(5_000) < scores
    names = {True: "yes", False: "no"}
    cases: list[Case] = [
        (names[bool(true)], names[bool(score > 0.5)], {"yes": score, "no": 1 - score})
        for true, score in zip(truth, scores.tolist(), strict=True)
    ]
    found = curves(cases)["yes"]
    precision, recall, thresholds = sklearn_metrics.precision_recall_curve(truth, scores)
    known = {(r, p, t) for r, p, t in zip(recall, precision, thresholds, strict=False)}
    assert len(found.points) == MOST_POINTS and set(found.points) <= known
    assert found.points[0][2] == scores.max() and found.points[-1][0] == 1.0
    assert found.average_precision == pytest.approx(
        sklearn_metrics.average_precision_score(truth, scores), abs=1e-9
    )


def test_more_classes_have_the_curves_that_a_metric_names() -> None:
    """Of eight classes, that of `label=` alone; of the JSON the same curve comes back."""
    cases: list[Case] = [(label, label, {label: 0.8}) for label in "abcdefgh"]
    assert curves(cases) == {}
    found = curves(cases, "pr_auc(label=b)")
    assert list(found) == ["b"] and curve_from(found["b"].as_json()) == found["b"]
